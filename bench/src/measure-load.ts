// One closed-loop run of requests, each different: as many callers as connections, each asking again when it was answered.

import { createHistogram } from 'node:perf_hooks'
import { Pool } from 'undici'
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

const MICROSECONDS = 1_000

/** @throws when any answer is not 2xx: a fast failure is no figure */
export async function measureLoad(url: string, { requests, connections, next }: Load): Promise<Sample> {
  const pool = new Pool(url, { connections, pipelining: 1 })
  const latency = createHistogram()
  let begun = 0
  const caller = async () => {
    while (begun < requests) {
      begun += 1
      const from = performance.now()
      const { statusCode, body } = await pool.request({ ...next() })
      await body.dump()
      if (statusCode >= 300) throw new Error(`a request to ${url} was answered ${statusCode}`)
      latency.record(Math.max(1, Math.round((performance.now() - from) * MICROSECONDS)))
    }
  }
  const from = performance.now()
  try {
    await Promise.all(Array.from({ length: connections }, caller))
  } finally {
    await pool.close()
  }
  const seconds = (performance.now() - from) / 1_000
  const millis = (percentile: number) => Math.round(latency.percentile(percentile) / 100) / 10
  return { perSecond: requests / seconds, median: millis(50), p99: millis(99) }
}
