// Withdraws a template: what is found after it in the chain holds again, at last what is built in. Its versions stay, as
// messages may still be on their way by them.

import type { TenantRun } from '@postern/db/with-tenant'
import { readVersion, type TemplateKey, writeVersion } from './template.store.ts'
import { showLocale } from './template.ts'

/** A repeat, and a template that never was, change nothing. */
export async function removeTemplate(run: TenantRun, key: TemplateKey) {
  const there = await readVersion(run, key, null)
  if (there !== undefined)
    await writeVersion(run, { ...key, parts: { email: null, sms: null }, replaces: null, max: 0 })
  return { name: key.name, locale: showLocale(key.locale), deleted: true as const }
}
