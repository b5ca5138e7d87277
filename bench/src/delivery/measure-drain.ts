// How fast one process empties a backlog: the notifier, and beside it a BullMQ worker that does nothing but call the vendor.

import { freePort } from '@postern/testkit/free-port'
import { until } from '@postern/testkit/poll'
import type { Ground } from '../ground.ts'
import { startChild } from '../peer/child.ts'
import type { Installation } from '../peer/installation.ts'
import type { Scope } from '../peer/peer.ts'
import type { Gateway } from '../peer/postern.peer.ts'
import { issueMany, linkIssuer } from './issue-links.ts'
import { AT_A_TIME, startNotifier } from './services.ts'
import type { Vendor } from './vendor.ts'

const ISSUING = 64
const DEADLINE_MS = 300_000
/** The first are not counted: the process warms up. */
const WARM_SHARE = 0.1

/** The gateway promises the backlog while nobody delivers; then one notifier starts. Messages a second. */
export async function drainNotifier(
  installation: Installation,
  gateway: Gateway,
  vendor: Vendor,
  backlog: number,
): Promise<number> {
  const { issue, end } = linkIssuer(gateway)
  await issueMany(issue, backlog, ISSUING)
  end()
  return counted(vendor, backlog, (scope) => startNotifier(scope, installation, vendor))
}

/** As many jobs, put into a queue of BullMQ's own, for a worker that calls the vendor with a mail of the same size. */
export async function drainBare(ground: Ground, vendor: Vendor, backlog: number): Promise<number> {
  const port = await freePort()
  return counted(vendor, backlog, (scope) =>
    startChild(scope, new URL('./bare-worker.ts', import.meta.url), port, {
      BENCH_PORT: String(port),
      BENCH_BACKLOG: String(backlog),
      BENCH_CONCURRENCY: String(AT_A_TIME),
      BENCH_REDIS_PORT: new URL(ground.redisUrl).port,
      BENCH_VENDOR: vendor.url,
    }),
  )
}

async function counted(
  vendor: Vendor,
  backlog: number,
  start: (scope: Scope) => Promise<unknown>,
): Promise<number> {
  const undo: (() => unknown)[] = []
  let calls = 0
  let [from, to] = [0, 0]
  const cold = Math.floor(backlog * WARM_SHARE)
  vendor.onCall = () => {
    calls++
    if (calls === cold) from = performance.now()
    if (calls === backlog) to = performance.now()
  }
  try {
    await start({ teardown: (step) => void undo.push(step) })
    await until(() => calls >= backlog, { deadlineMs: DEADLINE_MS, what: 'the backlog to be empty' })
  } finally {
    for (const step of undo.reverse()) await step()
  }
  if (calls > backlog) throw new Error(`${backlog} messages made ${calls} calls`)
  return ((backlog - cold) * 1_000) / (to - from)
}
