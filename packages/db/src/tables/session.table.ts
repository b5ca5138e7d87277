// Sessions, their refresh tokens, and what every process must learn has ended.

import type { ColumnType, Generated } from 'kysely'

export interface SessionTable {
  tenant_id: string
  id: string
  user_id: string
  challenge_id: string | null
  amr: string[]
  acr: string
  created_at: ColumnType<Date, never, never>
  last_used_at: Generated<Date>
  idle_expires_at: Date
  expires_at: Date
  revoked_at: Date | null
  kind: Generated<'api' | 'browser'>
  user_agent: string | null
  address: string | null
}

export interface RefreshTokenTable {
  tenant_id: string
  session_id: string
  generation: number
  /** SHA-256 of the token */
  digest: Buffer
  created_at: ColumnType<Date, never, never>
  used_at: Date | null
  /** of the `refresh` ring: what its successor was derived with; null: it has none, or one that was drawn */
  key_version: number | null
}

export interface RevocationTable {
  tenant_id: string
  id: Generated<string>
  kind: 'session' | 'user' | 'tenant' | 'api_key'
  subject_id: string
  created_at: ColumnType<Date, never, never>
}
