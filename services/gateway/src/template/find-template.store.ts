// Finds the template that a message is written by: the tenant's own in the nearest locale, else the one that is built in.

import type { TenantRun } from '@postern/db/with-tenant'
import { findBuiltIn } from '@postern/template/built-in/catalogue'
import { partsOf, type TemplateColumns, type TemplateParts } from '@postern/template/template-parts'
import { sql } from 'kysely'

export interface WantedTemplate {
  readonly name: string
  readonly channel: 'email' | 'sms'
  /** null: the tenant's default */
  readonly locale: string | null
}

/** `locale` and `version` are what a delivery by it keeps as `template_locale` and `template_version`. */
export interface FoundTemplate {
  readonly name: string
  /** In lower case. */
  readonly locale: string
  /** 0: built in. */
  readonly version: number
  /** Holds the wanted channel's part, and perhaps the other's. */
  readonly parts: TemplateParts
}

interface Row extends TemplateColumns {
  default_locale: string
  /** null: the tenant has none */
  locale: string | null
  version: number | null
}

/**
 * Looks for the locale that is wanted, then for it without its last parts (`de-AT` → `de`), for the tenant's default, for
 * English, and at last for what is built in. The newest version holds.
 * @returns undefined: there is no such template for this channel
 */
export async function findTemplate(
  run: TenantRun,
  tenantId: string,
  { name, channel, locale }: WantedTemplate,
): Promise<FoundTemplate | undefined> {
  const [row] = await run(sql<Row>`
    SELECT o.default_locale, t.locale, t.version, t.email_subject, t.email_html, t.email_text, t.sms_text
      FROM tenants o LEFT JOIN LATERAL find_template(o.id, ${name}, ${channel}, ${locale}) t ON true
     WHERE o.id = ${tenantId}::uuid`)
  if (row === undefined) return undefined
  if (row.locale !== null && row.version !== null)
    return { name, locale: row.locale, version: row.version, parts: partsOf(row) }
  const builtIn = findBuiltIn(name, locale, row.default_locale)
  if (builtIn === undefined || builtIn.parts[channel] === null) return undefined
  return { name, locale: builtIn.language, version: 0, parts: builtIn.parts }
}
