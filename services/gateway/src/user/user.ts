// How the user routes show a user.

import type { UserRecord } from '@postern/contracts/http/user'
import { type ProvenUser, showUser } from './proven-user.ts'

interface UserFacts extends ProvenUser {
  metadata: Record<string, string>
  totp_enabled_at: Date | null
  recovery_codes_left: number
}

export const showUserRecord = (row: UserFacts): UserRecord => ({
  ...showUser(row),
  metadata: row.metadata,
  second_factors:
    row.totp_enabled_at === null ? [] : [{ method: 'totp', enabled_at: row.totp_enabled_at.toISOString() }],
  recovery_codes_left: row.recovery_codes_left,
})
