// A tenant's templates. A version is written once and never changed; each new one is told in its own statement.

import type { TenantRun } from '@postern/db/with-tenant'
import type { TemplateColumns, TemplateParts } from '@postern/template/template-parts'
import { sql } from 'kysely'

export interface TemplateKey {
  readonly tenantId: string
  readonly name: string
  /** In lower case. */
  readonly locale: string
}

export interface TemplateRecord extends TemplateColumns {
  name: string
  locale: string
  version: number
  created_at: Date
}

export interface NewVersion extends TemplateKey {
  /** Without any: the template is withdrawn. */
  readonly parts: TemplateParts
  /** The version that it replaces, 0 for none; null: whichever there is. */
  readonly replaces: number | null
  /** Templates, by name and locale, that a tenant may have. */
  readonly max: number
}

export type Written =
  | { readonly kind: 'written'; readonly row: TemplateRecord }
  | { readonly kind: 'full' }
  /** Another version is the newest; 0: there is none. */
  | { readonly kind: 'outdated'; readonly version: number }

const COLUMNS = sql`name, locale, version, email_subject, email_html, email_text, sms_text, created_at`

/**
 * Writes the next version, unless the newest says the same already: a repeat changes nothing and tells nothing. Whoever
 * writes templates of one tenant waits for the others, so that each sees the newest.
 */
export async function writeVersion(run: TenantRun, wanted: NewVersion): Promise<Written> {
  const { email, sms } = wanted.parts
  const columns = {
    subject: email?.subject ?? null,
    html: email?.html ?? null,
    text: email?.text ?? null,
    sms: sms?.text ?? null,
  }
  const [row] = await run(versionStatement(wanted, columns), `templates:${wanted.tenantId}`)
  if (row === undefined) throw new Error('a statement without an answer')
  const { newest, is_full, ...written } = row
  if (written.version !== null) return { kind: 'written', row: written as TemplateRecord }
  return is_full ? { kind: 'full' } : { kind: 'outdated', version: newest }
}

type VersionRow = { [K in keyof TemplateRecord]: TemplateRecord[K] | null } & {
  newest: number
  is_full: boolean
}

const versionStatement = (
  { tenantId, name, locale, replaces, max }: NewVersion,
  { subject, html, text, sms }: Record<'subject' | 'html' | 'text' | 'sms', string | null>,
) => sql<VersionRow>`
  WITH newest AS MATERIALIZED (
    SELECT ${COLUMNS}, (email_subject, email_html, email_text, sms_text)
           IS NOT DISTINCT FROM (${subject}::text, ${html}::text, ${text}::text, ${sms}::text) AS is_same
      FROM templates WHERE tenant_id = ${tenantId}::uuid AND name = ${name} AND locale = ${locale}
     ORDER BY version DESC LIMIT 1
  ), judged AS MATERIALIZED (
    SELECT coalesce((SELECT version FROM newest), 0) AS newest,
           coalesce((SELECT is_same FROM newest), false) AS is_same,
           NOT EXISTS (SELECT FROM newest) AND (SELECT count(*) FROM (
             SELECT DISTINCT t.name, t.locale FROM templates t WHERE t.tenant_id = ${tenantId}::uuid) k) >= ${max}::integer
             AS is_full
  ), made AS (
    INSERT INTO templates (tenant_id, name, locale, version, email_subject, email_html, email_text, sms_text)
    SELECT ${tenantId}::uuid, ${name}, ${locale}, j.newest + 1, ${subject}, ${html}, ${text}, ${sms}
      FROM judged j
     WHERE NOT j.is_same AND NOT j.is_full AND coalesce(${replaces}::integer, j.newest) = j.newest
    RETURNING ${COLUMNS}
  ), told AS (
    INSERT INTO outbox (tenant_id, kind, subject, outcome, data)
    SELECT ${tenantId}::uuid, 'template.changed', 'template:' || m.name || '/' || m.locale, 'success',
           jsonb_build_object('version', m.version, 'channels', to_jsonb(array_remove(ARRAY[
             CASE WHEN m.email_text IS NOT NULL THEN 'email' END, CASE WHEN m.sms_text IS NOT NULL THEN 'sms' END], NULL)))
      FROM made m
  ), answer AS (
    SELECT ${COLUMNS} FROM made
    UNION ALL
    SELECT ${COLUMNS} FROM newest WHERE is_same AND coalesce(${replaces}::integer, version) = version
  )
  SELECT j.newest, j.is_full, a.name, a.locale, a.version, a.email_subject, a.email_html, a.email_text, a.sms_text,
         a.created_at
    FROM judged j LEFT JOIN answer a ON true`

/** The newest version, or the one that is named. Undefined: there is none. */
export async function readVersion(
  run: TenantRun,
  { tenantId, name, locale }: TemplateKey,
  version: number | null,
): Promise<TemplateRecord | undefined> {
  const [row] = await run(sql<TemplateRecord>`
    SELECT ${COLUMNS} FROM templates
     WHERE tenant_id = ${tenantId}::uuid AND name = ${name} AND locale = ${locale}
       AND (${version}::integer IS NULL OR version = ${version}::integer)
     ORDER BY version DESC LIMIT 1`)
  return row
}

export interface TemplatePage {
  readonly limit: number
  /** The name and the locale that the page before ended with; null: from the first on. */
  readonly after: readonly [name: string, locale: string] | null
}

export type TemplateListed = Pick<TemplateRecord, 'name' | 'locale' | 'version' | 'created_at'> & {
  channels: ('email' | 'sms')[]
}

/** The newest version of each that is not withdrawn, by name and locale. */
export function listNewest(
  run: TenantRun,
  tenantId: string,
  { limit, after }: TemplatePage,
): Promise<TemplateListed[]> {
  const [name, locale] = after ?? ['', '']
  return run(sql<TemplateListed>`
    SELECT n.name, n.locale, n.version, n.created_at, array_remove(ARRAY[
             CASE WHEN n.email_text IS NOT NULL THEN 'email' END, CASE WHEN n.sms_text IS NOT NULL THEN 'sms' END], NULL) AS channels
      FROM (SELECT DISTINCT ON (t.name, t.locale) ${COLUMNS} FROM templates t
             WHERE t.tenant_id = ${tenantId}::uuid AND (t.name, t.locale) > (${name}, ${locale})
             ORDER BY t.name, t.locale, t.version DESC) n
     WHERE n.email_text IS NOT NULL OR n.sms_text IS NOT NULL
     ORDER BY n.name, n.locale LIMIT ${limit}::integer`)
}
