// A user with what the user routes tell of one besides, and how they show it.

import type { UserRecord } from '@postern/contracts/http/user'
import { AppError } from '@postern/service-kit/app-error'
import { type ProvenUser, showUser } from './proven-user.ts'

export interface UserFacts extends ProvenUser {
  metadata: Record<string, string>
  /** null: no TOTP is demanded */
  totp_enabled_at: Date | null
  recovery_codes_left: number
}

export const showUserRecord = (user: UserFacts): UserRecord => ({
  ...showUser(user),
  metadata: user.metadata,
  second_factors:
    user.totp_enabled_at === null ? [] : [{ method: 'totp', enabled_at: user.totp_enabled_at.toISOString() }],
  recovery_codes_left: user.recovery_codes_left,
})

export const noSuchUser = () => new AppError('NOT_FOUND', { reason: 'no such user' })
