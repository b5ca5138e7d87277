// Stops calling a vendor that fails too often, and lets one call through now and then to see whether it is back. Only the
// vendor's faults count, never what is wrong with a message. Decision: docs/decisions/0011-vendor-failover.md.

import { CircuitState, circuitBreaker, handleWhenResult, IterableBackoff, SamplingBreaker } from 'cockatiel'
import { NOT_BEGUN, type SendOutcome } from './sender.ts'

/** A call that was let through. One of the two is called, or the breaker waits for it. */
export interface Pass {
  /** It is the one call that finds out whether the vendor is back. */
  readonly isProbe: boolean
  settle(outcome: SendOutcome): void
  /** No call was made, or nothing is known of it. Does nothing after `settle`. */
  leave(): void
}

export interface Breaker {
  /** null: the vendor is not to be called now. */
  enter(): Pass | null
  readonly isClosed: boolean
}

/** Half a minute is looked at: where more than three in ten of at least five calls failed, the vendor is left alone. */
const SAMPLE = { threshold: 0.3, duration: 30_000, minimumRps: 5 / 30 }
/** Milliseconds until the next probe; the last is repeated. So there is one a second at most. */
const PROBES_AFTER = [1_000, 2_000, 4_000, 8_000]

/** Ours, though a sender answers them: they say nothing of the vendor. */
const OUR_FAULTS = new Set<string>([NOT_BEGUN.code])

const isFault = (outcome: SendOutcome) =>
  (outcome.kind === 'retryable' || outcome.kind === 'unknown') && !OUR_FAULTS.has(outcome.code)

/** Thrown into the library where a call is not to count. One for all: an error a call would cost its stack each time. */
const NO_CALL = new Error('no call')

/** @param onChange called when it opens or closes; between two probes it is open */
export function createBreaker(onChange: (isOpen: boolean) => void = () => undefined): Breaker {
  const policy = circuitBreaker(
    handleWhenResult((outcome) => outcome === 'failed'),
    { halfOpenAfter: new IterableBackoff(PROBES_AFTER), breaker: new SamplingBreaker(SAMPLE) },
  )
  policy.onBreak(() => onChange(true))
  policy.onReset(() => onChange(false))
  return {
    get isClosed() {
      return policy.state === CircuitState.Closed
    },
    enter() {
      // Others would be made to wait for the probe; they are to go to another vendor.
      if (policy.state === CircuitState.HalfOpen) return null
      const ended = Promise.withResolvers<'failed' | 'well'>()
      let entered = false
      const call = policy.execute(() => {
        entered = true
        return ended.promise
      })
      call.catch(() => undefined)
      if (!entered) return null
      const isProbe = (policy.state as CircuitState) === CircuitState.HalfOpen
      // A probe that was not made must not close the breaker; any other that was not made is not counted.
      const leave = () => (isProbe ? ended.resolve('failed') : ended.reject(NO_CALL))
      const settle = (outcome: SendOutcome) => {
        if (isFault(outcome)) ended.resolve('failed')
        else if (outcome.kind === 'accepted' || outcome.kind === 'permanent') ended.resolve('well')
        else leave()
      }
      return { isProbe, settle, leave }
    },
  }
}

/** Lets every call through: for a vendor that has no other beside it in a test. */
export const alwaysClosed: Breaker = {
  isClosed: true,
  enter: () => ({ isProbe: false, settle: () => undefined, leave: () => undefined }),
}
