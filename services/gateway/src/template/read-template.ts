// Reads a template, the tenant's own or, where it wrote none, the one that is built in: a place to begin from.

import type { Template } from '@postern/contracts/http/template'
import type { TenantRun } from '@postern/db/with-tenant'
import { findBuiltIn } from '@postern/template/built-in/catalogue'
import { partsOf } from '@postern/template/template-parts'
import { readVersion, type TemplateKey } from './template.store.ts'
import { noSuchTemplate, showTemplate } from './template.ts'

/**
 * In exactly this locale.
 * @param version null: the newest; 0: what is built in
 * @throws AppError NOT_FOUND
 */
export async function readTemplate(
  run: TenantRun,
  key: TemplateKey,
  version: number | null,
): Promise<Template> {
  const row = version === 0 ? undefined : await readVersion(run, key, version)
  if (row !== undefined && (row.email_text !== null || row.sms_text !== null))
    return showTemplate({ ...row, parts: partsOf(row), createdAt: row.created_at })
  const { name, locale } = key
  const builtIn = version === null || version === 0 ? findBuiltIn(name, locale) : undefined
  if (builtIn?.language !== locale) throw noSuchTemplate()
  return showTemplate({ name, locale, version: 0, parts: builtIn.parts, createdAt: null })
}
