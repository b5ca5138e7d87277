// One closed-loop run of requests: as many callers as connections, each asking again when it was answered. What comes first is
// not counted: connections open, and plans, caches and Postgres settle after another kind of work.

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { type Answer, Connection, wireOf } from '../connection.ts'
import type { PeerAnswer, PeerRequest } from '../peer/peer.ts'

export interface Load {
  /** processor time of the server so far, in milliseconds; undefined: unknown */
  cpuMs: () => Promise<number | undefined>
  requests: PeerRequest[]
  connections: number
  answered: (answer: PeerAnswer) => void
}

export interface Sample {
  /** how many were counted */
  requests: number
  perSecond: number
  /** milliseconds */
  median: number
  p99: number
  /** the server's own processor time a request, in microseconds; undefined: unknown */
  cpuMicros: number | undefined
}

const WARM_SHARE = 0.1
const MICROSECONDS = 1_000

/** @throws when any answer is not 2xx: a fast failure is no figure */
export async function measureLoad(
  url: string,
  { requests, connections, answered, cpuMs }: Load,
): Promise<Sample> {
  // Made before the clock runs.
  const wires = requests.map((request) => wireOf(request, url))
  const first = wires.splice(0, Math.ceil(wires.length * WARM_SHARE))
  const callers = Array.from({ length: connections }, () => new Connection(url))
  const latency = createHistogram()
  const answers: Answer[] = []
  const askAll = (texts: string[]) => {
    const waiting = texts.values()
    return Promise.all(
      callers.map(async (caller) => {
        for (const wire of waiting) answers.push(await timed(latency, () => caller.ask(wire)))
      }),
    )
  }
  try {
    await askAll(first)
    latency.reset()
    const cpuBefore = await cpuMs()
    const from = performance.now()
    await askAll(wires)
    const seconds = (performance.now() - from) / 1_000
    const cpu = used(cpuBefore, await cpuMs())
    assertGood(answers, `${url}${requests[0]?.path}`)
    answers.forEach(answered)
    return sampleOf({ requests: wires.length, seconds, latency, cpu })
  } finally {
    for (const caller of callers) caller.close()
  }
}

async function timed<T>(latency: RecordableHistogram, ask: () => Promise<T>): Promise<T> {
  const from = performance.now()
  const answer = await ask()
  latency.record(Math.max(1, Math.round((performance.now() - from) * MICROSECONDS)))
  return answer
}

const used = (before: number | undefined, after: number | undefined) =>
  before === undefined || after === undefined ? undefined : after - before

function assertGood(answers: readonly Answer[], what: string): void {
  const bad = answers.find(({ status }) => status < 200 || status >= 300)
  if (bad) throw new Error(`${what} was answered ${bad.status}: ${bad.body.slice(0, 300)}`)
}

interface Measured {
  requests: number
  seconds: number
  latency: RecordableHistogram
  cpu: number | undefined
}

function sampleOf({ requests, seconds, latency, cpu }: Measured): Sample {
  const millis = (percentile: number) => Math.round(latency.percentile(percentile) / 100) / 10
  return {
    requests,
    perSecond: requests / seconds,
    median: millis(50),
    p99: millis(99),
    cpuMicros: cpu === undefined ? undefined : (cpu * MICROSECONDS) / requests,
  }
}
