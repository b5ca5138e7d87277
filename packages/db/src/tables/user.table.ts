// Users and their identifiers, proven or only reserved.

import type { ColumnType, Generated } from 'kysely'

export interface UserTable {
  tenant_id: string
  id: string
  email: string | null
  email_verified_at: Date | null
  phone: string | null
  phone_verified_at: Date | null
  is_active: Generated<boolean>
  metadata: Generated<Record<string, string>>
  created_at: ColumnType<Date, never, never>
  updated_at: ColumnType<Date, never, Date>
}

export interface IdentifierTable {
  tenant_id: string
  kind: 'email' | 'phone'
  identity_key: string
  user_id: string
  /** null: reserved, and proven by nobody yet */
  verified_at: Date | null
  created_at: ColumnType<Date, never, never>
}
