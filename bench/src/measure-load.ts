// One closed-loop run of requests, each different, over a fixed number of connections.

import autocannon from 'autocannon'
import type { PeerRequest } from './peer/peer.ts'

export interface Load {
  requests: number
  connections: number
  next: () => PeerRequest
}

export interface Sample {
  perSecond: number
  /** milliseconds */
  median: number
  p99: number
}

/** @throws when any answer is not 2xx: a fast failure is no figure */
export async function measureLoad(url: string, load: Load): Promise<Sample> {
  const from = performance.now()
  const result = await autocannon({
    url,
    connections: load.connections,
    amount: load.requests,
    requests: [{ setupRequest: (request) => ({ ...request, ...load.next() }) }],
  })
  const seconds = (performance.now() - from) / 1_000
  const failed = result.non2xx + result.errors + result.timeouts
  if (failed > 0) throw new Error(`${failed} of ${load.requests} requests to ${url} failed`)
  return { perSecond: result['2xx'] / seconds, median: result.latency.p50, p99: result.latency.p99 }
}
