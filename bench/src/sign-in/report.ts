// The table: medians over the rounds, and the ratio of the two systems round by round.

import { median, spread, thousands } from '../medians.ts'
import { KINDS, type Kind } from '../peer/peer.ts'
import { keepResults, machine } from '../results.ts'
import type { Sample } from './measure-load.ts'
import type { CryptoFigures } from './measure-token-crypto.ts'
import type { Plan, Round } from './run-rounds.ts'

export interface Results {
  plan: Plan
  rounds: Round[]
  crypto: CryptoFigures
}

const MICROSECONDS = 1_000_000

interface Aim {
  what: string
  /** against the peer, or requests a second for each core that the server itself uses; undefined: only shown */
  ratio?: number
  perCore?: number
}

const AIMS: Record<Kind, Aim> = {
  link_issue: { what: 'link: issue', ratio: 2.5 },
  link_verify: { what: 'link: verify', ratio: 4 },
  code_issue: { what: 'code: issue', ratio: 3 },
  code_verify: { what: 'code: verify', ratio: 6 },
  session_check: { what: 'session check (forward-auth)', perCore: 10_000 },
  refresh: { what: 'refresh' },
  introspect: { what: 'introspect' },
}

export async function report(results: Results): Promise<void> {
  await keepResults(results.plan.durable ? 'durable' : 'latest', write(results), results)
}

function write({ plan, rounds, crypto }: Results): string {
  return `# Sign-in over HTTP, ${plan.connections} connections, one Postgres

${machine()}; server, Postgres, Redis and load on the same cores.
Postgres ${plan.durable ? 'waits for the disk at each commit' : 'does not wait for the disk'}; both systems have 40 connections to it.
Medians over ${plan.rounds} rounds, the two systems in turn; every answer was 2xx. Each system is one
process; its own processor time a request is beside it: a second divided by it is what one core does for the server alone.
The first tenth of each run is not counted. The access tokens that Postern checks were signed by the same process, so it knows them.

| what | requests a round | requests/s | median ms | p99 ms | server µs | ratio (lowest–highest) |
|---|---|---|---|---|---|---|
${KINDS.flatMap((kind) => rowsOf(kind, rounds)).join('\n')}

Link tokens checked, with the digest of their row: **${thousands(median(crypto.perSecond))}/s** on ${crypto.threads} threads
(${thousands(Math.min(...crypto.perSecond))}–${thousands(Math.max(...crypto.perSecond))} over ${crypto.perSecond.length} rounds), target 250,000/s.
`
}

function rowsOf(kind: Kind, rounds: Round[]): string[] {
  const of = (peer: keyof Round) => rounds.flatMap((round) => round[peer][kind] ?? [])
  const [ours, theirs] = [of('postern'), of('betterAuth')]
  const { what, ratio, perCore } = AIMS[kind]
  const cores = perCore && `**${perCoreOf(ours)}/s a core**, target ${thousands(perCore)}`
  const told = [ratioOf(ours, theirs), ratio && `target ${ratio}`, cores].filter(Boolean).join(', ')
  const rows = [row(`${what}, Postern`, ours, told)]
  return theirs.length === 0 ? rows : [...rows, row(`${what}, better-auth`, theirs, '1')]
}

function ratioOf(ours: Sample[], theirs: Sample[]): string {
  const ratios = ours.flatMap(({ perSecond }, at) => {
    const peer = theirs[at]
    return peer === undefined ? [] : perSecond / peer.perSecond
  })
  return ratios.length === 0 ? '' : spread(ratios, (ratio) => ratio.toFixed(1))
}

function perCoreOf(samples: Sample[]): string {
  const micros = samples.flatMap(({ cpuMicros }) => cpuMicros ?? [])
  return micros.length === 0 ? '?' : thousands(MICROSECONDS / median(micros))
}

function row(what: string, samples: Sample[], ratio: string): string {
  const of = (key: keyof Sample) => median(samples.flatMap((sample) => sample[key] ?? []))
  return `| ${what} | ${thousands(of('requests'))} | ${thousands(of('perSecond'))} | ${of('median')} | ${of('p99')} | ${thousands(of('cpuMicros'))} | ${ratio} |`
}
