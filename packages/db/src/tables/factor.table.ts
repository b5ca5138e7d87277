// Second factors, what limits guessing them, and the sign-ins that wait for one.

import type { ColumnType, Generated } from 'kysely'

export interface PendingSignInTable {
  tenant_id: string
  id: string
  user_id: string
  purpose: 'sign_in' | 'onboarding'
  /** keyed: of the mfa_token */
  digest: Buffer
  key_version: number
  /** the methods proven so far, in order */
  amr: string[]
  challenge_id: string | null
  user_created: boolean
  failures: Generated<number>
  created_at: ColumnType<Date, never, never>
  expires_at: Date
  consumed_at: Date | null
}

export interface TotpFactorTable {
  tenant_id: string
  id: string
  user_id: string
  /** sealed (AES-256-GCM) */
  secret: Buffer
  secret_version: number
  /** bigint: a decimal string */
  last_step: string
  created_at: ColumnType<Date, never, never>
  /** null: waits for its first code */
  enabled_at: Date | null
}

export interface RecoveryCodeTable {
  tenant_id: string
  user_id: string
  /** keyed: HMAC-SHA-256 under the pepper of `key_version` */
  digest: Buffer
  key_version: number
  created_at: ColumnType<Date, never, never>
  used_at: Date | null
}

export interface FactorGuardTable {
  tenant_id: string
  user_id: string
  /** consecutive wrong second factors */
  failures: number
  wait_until: Date | null
  disabled_at: Date | null
}
