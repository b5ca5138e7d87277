// Templates that tenants write, one row a version.

import type { ColumnType } from 'kysely'

export interface TemplateTable {
  tenant_id: string
  name: string
  /** in lower case */
  locale: string
  version: number
  /** Liquid, as the three that follow; null: this version is not for that channel */
  email_subject: string | null
  email_html: string | null
  email_text: string | null
  sms_text: string | null
  created_at: ColumnType<Date, never, never>
}
