// What a challenge is at a moment, and how a refusal is told. No oracle: only the holder of a genuine token learns more
// than INVALID_TOKEN, and what is told of a code never depends on whether it was right, once it is over.

import type { ChallengeStatus } from '@postern/contracts/challenge'
import type { ErrorCode } from '@postern/contracts/error-codes'

export interface ChallengeMarks {
  consumedAt: Date | null
  superseded: boolean
  revoked: boolean
  /** by the database's clock */
  expired: boolean
}

/** The public status. What was used stays used, also after its time. */
export function statusOf(marks: ChallengeMarks): ChallengeStatus {
  if (marks.consumedAt !== null) return 'consumed'
  if (marks.revoked) return 'revoked'
  if (marks.superseded) return 'superseded'
  return marks.expired ? 'expired' : 'pending'
}

/** Why a link or code was not taken; the words of the audit trail. The last two come after the proof, which is spent. */
export type RefusalReason =
  | 'unknown'
  | 'used'
  | 'superseded'
  | 'revoked'
  | 'expired'
  | 'not_due'
  | 'pkce_mismatch'
  | 'wrong_code'
  | 'attempts_exhausted'
  | 'locked'
  | 'other_session'
  | 'account_disabled'
  | 'session_ended'

const CODES: Partial<Record<RefusalReason, ErrorCode>> = {
  used: 'TOKEN_USED',
  superseded: 'TOKEN_SUPERSEDED',
  expired: 'TOKEN_EXPIRED',
  attempts_exhausted: 'ATTEMPTS_EXHAUSTED',
  locked: 'IDENTIFIER_LOCKED',
  account_disabled: 'ACCOUNT_DISABLED',
  session_ended: 'SESSION_REVOKED',
  other_session: 'SESSION_REVOKED',
}

/** The code that a client reads. */
export function refusalCode(kind: 'magic_link' | 'otp', reason: RefusalReason): ErrorCode {
  return CODES[reason] ?? (kind === 'otp' ? 'INVALID_CODE' : 'INVALID_TOKEN')
}
