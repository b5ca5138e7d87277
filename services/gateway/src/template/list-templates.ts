// Lists a tenant's own templates by name and locale.

import type { TemplateSummary } from '@postern/contracts/http/template'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { listNewest } from './template.store.ts'
import { showSummary } from './template.ts'

export interface ListedTemplates {
  items: TemplateSummary[]
  next_cursor: string | null
}

/**
 * `cursor`: of the page before; null: the first page.
 * @throws AppError VALIDATION_FAILED for a cursor that is none of ours
 */
export async function listTemplates(
  run: TenantRun,
  tenantId: string,
  { limit, cursor }: { limit: number; cursor: string | null },
): Promise<ListedTemplates> {
  // One more than asked for tells whether there is a next page.
  const after = cursor === null ? null : placeOf(cursor)
  const found = await listNewest(run, tenantId, { limit: limit + 1, after })
  const shown = found.slice(0, limit)
  const last = found.length > limit ? shown.at(-1) : undefined
  return { items: shown.map(showSummary), next_cursor: last === undefined ? null : cursorAt(last) }
}

const cursorAt = ({ name, locale }: { name: string; locale: string }) =>
  Buffer.from(`${name}/${locale}`).toString('base64url')

function placeOf(cursor: string): [name: string, locale: string] {
  const text = Buffer.from(cursor, 'base64url').toString('latin1')
  const [, name, locale] = /^([a-z0-9_-]{1,64})\/([a-z0-9-]{1,35})$/.exec(text) ?? []
  if (name !== undefined && locale !== undefined) return [name, locale]
  const details = [{ path: 'query.cursor', problem: 'is no cursor of this list' }]
  throw new AppError('VALIDATION_FAILED', { reason: 'a cursor that is none', details })
}
