// From the request for a link to the vendor that has the mail, at a steady rate: requests leave by the clock, whether the ones
// before were answered or not.

import { createHistogram } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { until } from '@postern/testkit/poll'
import type { Gateway } from '../peer/postern.peer.ts'
import { linkIssuer, newAddress } from './issue-links.ts'
import type { Vendor } from './vendor.ts'

export interface Latency {
  messages: number
  perSecond: number
  /** milliseconds */
  median: number
  p99: number
  highest: number
}

const WARM_UP_SECONDS = 5

export async function measureLatency(
  gateway: Gateway,
  vendor: Vendor,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<Latency> {
  const { issue, end } = linkIssuer(gateway)
  const asked = new Map<string, number>()
  const latency = createHistogram()
  let late = 0
  vendor.onCall = (to) => {
    const since = asked.get(to)
    asked.delete(to)
    if (since !== undefined && since > late)
      latency.record(Math.max(1, Math.round((performance.now() - since) * 1_000)))
  }
  const begin = performance.now()
  late = begin + WARM_UP_SECONDS * 1_000
  const promised: Promise<void>[] = []
  const total = perSecond * (WARM_UP_SECONDS + seconds)
  for (let at = 0; at < total; at++) {
    const due = begin + (at * 1_000) / perSecond
    const early = due - performance.now()
    if (early > 1) await pause(early)
    const email = newAddress()
    asked.set(email, performance.now())
    promised.push(issue(email))
  }
  await Promise.all(promised)
  await until(() => asked.size === 0, { deadlineMs: 30_000, what: 'every mail to reach the vendor' })
  end()
  const millis = (micros: number) => Math.round(micros / 100) / 10
  return {
    messages: latency.count,
    perSecond,
    median: millis(latency.percentile(50)),
    p99: millis(latency.percentile(99)),
    highest: millis(latency.max),
  }
}
