// Sees when the whole machine stood still: then processes were paused that nobody meant to pause, and their leases ended.

import type { Disturbance } from '../oracle/evidence.ts'

const EVERY_MS = 250
/** Shorter than any lease, longer than a busy machine. */
const STALL_MS = 2_500

/** @returns ends the watch */
export function watchStalls(disturbances: Disturbance[]): () => void {
  let last = Date.now()
  const timer = setInterval(() => {
    const now = Date.now()
    if (now - last > STALL_MS) disturbances.push({ kind: 'frozen', from: last, to: now })
    last = now
  }, EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
