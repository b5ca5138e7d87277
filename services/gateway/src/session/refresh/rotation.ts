// Rules of refreshing: how long an answer can be asked for again, and how a refusal is told. Only the holder of a genuine
// token learns more than INVALID_TOKEN.

import type { ErrorCode } from '@postern/contracts/error-codes'

/** For so long a token that was used answers the same successor: a client whose answer was lost asks again. */
export const GRACE_SECONDS = 10

/** Why a genuine token was not taken. `raised`: a factor was added since, and the token drawn then is nobody's to repeat. */
export type RefreshRefusal = 'other_kind' | 'revoked' | 'account_disabled' | 'expired' | 'raised' | 'reused'

const CODES: Record<RefreshRefusal, ErrorCode> = {
  other_kind: 'INVALID_TOKEN',
  revoked: 'SESSION_REVOKED',
  account_disabled: 'ACCOUNT_DISABLED',
  expired: 'TOKEN_EXPIRED',
  raised: 'TOKEN_USED',
  reused: 'REFRESH_REUSED',
}

export const refreshRefusalCode = (reason: RefreshRefusal): ErrorCode => CODES[reason]
