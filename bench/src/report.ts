// The table: medians over the rounds, and the ratio of the two systems round by round.

import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import type { Sample } from './measure-load.ts'
import type { CryptoFigures } from './measure-token-crypto.ts'
import type { Plan, Round } from './run-rounds.ts'

export interface Results {
  plan: Plan
  rounds: Round[]
  crypto: CryptoFigures
}

const RESULTS = new URL('../results/', import.meta.url)
const TARGETS = { issue: 2.5, verify: 4 }

export async function report(results: Results): Promise<void> {
  const page = write(results)
  const name = results.plan.durable ? 'durable' : 'latest'
  await mkdir(RESULTS, { recursive: true })
  await writeFile(new URL(`${name}.md`, RESULTS), page)
  await writeFile(new URL(`${name}.json`, RESULTS), `${JSON.stringify(results, null, 2)}\n`)
  console.log(page)
}

function write({ plan, rounds, crypto }: Results): string {
  const rows = (['issue', 'verify'] as const).flatMap((kind) => {
    const of = (peer: keyof Round) => rounds.map((round) => round[peer][kind])
    const ratios = rounds.map((round) => round.postern[kind].perSecond / round.betterAuth[kind].perSecond)
    const ratio = `${median(ratios).toFixed(1)} (${Math.min(...ratios).toFixed(1)}–${Math.max(...ratios).toFixed(1)})`
    return [
      row(`${kind}, Postern`, of('postern'), `**${ratio}**, target ${TARGETS[kind]}`),
      row(`${kind}, better-auth`, of('betterAuth'), '1'),
    ]
  })
  return `# Magic links over HTTP, ${plan.connections} connections, one Postgres

${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.versions.node}; server, Postgres, Redis and load on the same cores.
Postgres ${plan.durable ? 'waits for the disk at each commit' : 'does not wait for the disk'}; both systems have 40 connections to it.
Medians over ${plan.rounds} rounds of ${plan.requests} requests, the two systems in turn; every answer was 2xx.

| what | requests/s | median ms | p99 ms | ratio (lowest–highest) |
|---|---|---|---|---|
${rows.join('\n')}

Link tokens checked, with the digest of their row: **${thousands(median(crypto.perSecond))}/s** on ${crypto.threads} threads
(${thousands(Math.min(...crypto.perSecond))}–${thousands(Math.max(...crypto.perSecond))} over ${crypto.perSecond.length} rounds), target 250,000/s.
`
}

function row(what: string, samples: Sample[], ratio: string): string {
  const of = (key: keyof Sample) => median(samples.map((sample) => sample[key]))
  return `| ${what} | ${thousands(of('perSecond'))} | ${of('median')} | ${of('p99')} | ${ratio} |`
}

const thousands = (value: number) => Math.round(value).toLocaleString('en')

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  const [low, high] = [sorted[half - 1], sorted[half]]
  if (high === undefined) return Number.NaN
  return sorted.length % 2 === 1 || low === undefined ? high : (low + high) / 2
}
