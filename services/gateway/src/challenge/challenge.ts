// What a challenge is at a moment, and how a refusal is told. No oracle: only the holder of a genuine token
// learns more than INVALID_TOKEN.

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

/** Why a genuine token was not taken; the words of the audit trail. */
export type RefusalReason =
  | 'used'
  | 'superseded'
  | 'revoked'
  | 'expired'
  | 'not_due'
  | 'pkce_mismatch'
  | 'account_disabled'

const CODES: Record<RefusalReason, ErrorCode> = {
  used: 'TOKEN_USED',
  superseded: 'TOKEN_SUPERSEDED',
  expired: 'TOKEN_EXPIRED',
  account_disabled: 'ACCOUNT_DISABLED',
  revoked: 'INVALID_TOKEN',
  not_due: 'INVALID_TOKEN',
  pkce_mismatch: 'INVALID_TOKEN',
}

export const refusalCode = (reason: RefusalReason): ErrorCode => CODES[reason]
