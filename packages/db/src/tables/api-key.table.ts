// API keys: only a digest of each is kept.

import type { ColumnType } from 'kysely'

export interface ApiKeyTable {
  tenant_id: string
  id: string
  prefix: string
  /** SHA-256 of the whole key */
  digest: Buffer
  name: string
  scopes: string[]
  expires_at: Date | null
  revoked_at: Date | null
  created_at: ColumnType<Date, never, never>
}
