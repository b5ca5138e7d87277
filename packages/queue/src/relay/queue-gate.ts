// How much the relay may claim for a queue that fails. What is claimed and cannot be added waits 10 s for its next turn,
// so while the queue is away nothing is claimed, and after a failure one row goes ahead to try.

export interface QueueGate {
  /** How many rows may be claimed now, at most `wanted`: all, one, or none. */
  allows(wanted: number): number
  /** Whether the queue took all that it was given last, as far as is known. */
  isOpen(): boolean
  passed(): void
  failed(): void
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 4_000

/** @param ready whether the queue's connection stands, as far as that is known without asking */
export function queueGate(clock: { now(): Date }, ready: () => boolean): QueueGate {
  let failures = 0
  let closedUntil = 0
  const now = () => clock.now().getTime()
  return {
    allows(wanted) {
      if (!ready() || now() < closedUntil) return 0
      return failures === 0 ? wanted : Math.min(1, wanted)
    },
    isOpen: () => ready() && failures === 0,
    passed() {
      failures = 0
      closedUntil = 0
    },
    failed() {
      closedUntil = now() + Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS)
      failures += 1
    },
  }
}
