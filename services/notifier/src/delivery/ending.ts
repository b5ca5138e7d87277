// What follows from a vendor's answer: where the delivery goes and when it is tried again. Pure rules, no I/O.

import type { SendOutcome } from '../sender/sender.ts'
import type { Ending } from './delivery.ts'

export interface Circumstances {
  /** An earlier attempt may already have reached the recipient. */
  readonly isLast: boolean
  /** Attempts before this one that were surely not sent. */
  readonly refusals: number
  /** Another vendor was not asked yet. */
  readonly hasAnother: boolean
  /** Milliseconds until the message would be too late. */
  readonly leftMs: number
  /** 0 ≤ chance < 1 */
  readonly chance: number
}

const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 30_000
const LONGEST_PAUSE_MS = 5_000
/** A receipt of the first attempt may come meanwhile; a second mail too early helps nobody. */
const UNKNOWN_WAIT_MS = 10_000
const UNKNOWN_SPREAD_MS = 2_000
/** The last try begins at least this long before the end. */
const MARGIN_MS = 5_000

export function endingOf(outcome: SendOutcome, circumstances: Circumstances): Ending {
  const { kind } = outcome
  const providerMessageId = kind === 'accepted' ? outcome.providerMessageId : null
  const errorCode = kind === 'accepted' ? null : outcome.code
  const told = { outcome: kind, errorCode, providerMessageId }
  if (kind === 'accepted') return { ...told, status: 'accepted', retryInMs: null }
  if (kind === 'permanent') return { ...told, status: 'failed', retryInMs: null }
  if (kind === 'unknown') {
    if (circumstances.isLast) return { ...told, status: 'unknown', retryInMs: null }
    // A vendor that says it failed tells nothing more by waiting; of one that fell silent a receipt may come.
    if (outcome.answered === true && circumstances.hasAnother)
      return { ...told, status: 'pending', retryInMs: 0 }
    const wait = UNKNOWN_WAIT_MS + spread(UNKNOWN_SPREAD_MS, circumstances)
    return { ...told, status: 'pending', retryInMs: wait }
  }
  return { ...told, status: 'pending', retryInMs: retryIn(outcome.afterMs, circumstances) }
}

/**
 * At once when another vendor can be asked, else 1 s, 2 s, 4 s … to 30 s, each with up to as much again at random. A
 * retry is pulled in so that it still falls before the end, but never before the moment the vendor asked for.
 */
function retryIn(afterMs: number | undefined, circumstances: Circumstances): number {
  const { refusals, hasAnother, leftMs } = circumstances
  if (hasAnother) return 0
  const base = Math.min(FIRST_RETRY_MS * 2 ** Math.min(refusals, 10), LONGEST_RETRY_MS)
  const wanted = base + spread(base, circumstances)
  const latest = Math.max(leftMs - MARGIN_MS, FIRST_RETRY_MS)
  return Math.max(Math.min(wanted, latest), afterMs ?? 0)
}

/**
 * How long to wait where no vendor may be called: half as long as was waited already, between 1 and 5 s, and as much again
 * at random. Pulled in so that it still falls before the end.
 */
export function pauseMs(times: { waitedMs: number; leftMs: number; chance: number }): number {
  const base = Math.min(Math.max(times.waitedMs / 2, FIRST_RETRY_MS), LONGEST_PAUSE_MS)
  const latest = Math.max(times.leftMs - MARGIN_MS, FIRST_RETRY_MS)
  return Math.floor(Math.min(base + spread(base, times), latest))
}

const spread = (ms: number, { chance }: { chance: number }) => Math.floor(ms * chance)
