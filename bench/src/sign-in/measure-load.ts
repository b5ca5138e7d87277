// One closed-loop run of requests: as many callers as connections, each asking again when it was answered.

import { createHistogram } from 'node:perf_hooks'
import { Client } from 'undici'
import type { PeerAnswer, PeerRequest } from '../peer/peer.ts'
import { call } from './call.ts'

export interface Load {
  /** processor time of the server so far, in milliseconds; undefined: unknown */
  cpuMs: () => Promise<number | undefined>
  requests: PeerRequest[]
  connections: number
  answered: (answer: PeerAnswer) => void
}

export interface Sample {
  requests: number
  perSecond: number
  /** milliseconds */
  median: number
  p99: number
  /** the server's own processor time a request, in microseconds; undefined: unknown */
  cpuMicros: number | undefined
}

const MICROSECONDS = 1_000

/** @throws when any answer is not 2xx: a fast failure is no figure */
export async function measureLoad(
  url: string,
  { requests, connections, answered, cpuMs }: Load,
): Promise<Sample> {
  const clients = Array.from({ length: connections }, () => new Client(url, { pipelining: 1 }))
  const latency = createHistogram()
  const waiting = requests.values()
  const caller = async (client: Client) => {
    for (const request of waiting) {
      const from = performance.now()
      const { status, ...answer } = await call(client, request)
      if (status >= 300) throw new Error(`${request.path} of ${url} was answered ${status}`)
      latency.record(Math.max(1, Math.round((performance.now() - from) * MICROSECONDS)))
      answered(answer)
    }
  }
  const cpuBefore = await cpuMs()
  const from = performance.now()
  try {
    await Promise.all(clients.map(caller))
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
  const seconds = (performance.now() - from) / 1_000
  const cpuAfter = await cpuMs()
  const millis = (percentile: number) => Math.round(latency.percentile(percentile) / 100) / 10
  return {
    requests: requests.length,
    perSecond: requests.length / seconds,
    median: millis(50),
    p99: millis(99),
    cpuMicros:
      cpuBefore === undefined || cpuAfter === undefined
        ? undefined
        : ((cpuAfter - cpuBefore) * MICROSECONDS) / requests.length,
  }
}
