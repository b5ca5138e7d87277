// Writes the next version of a template. What could never be sent is refused before it is kept.

import type { PutTemplateBody, Template } from '@postern/contracts/http/template'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { partsOf } from '@postern/template/template-parts'
import { type TemplateKey, type Written, writeVersion } from './template.store.ts'
import { checkParts, MAX_TEMPLATES, partsOfSource, showTemplate } from './template.ts'

/** @throws AppError VALIDATION_FAILED; CONFLICT where `version` is not the newest, or the tenant has too many */
export async function writeTemplate(
  run: TenantRun,
  key: TemplateKey,
  body: PutTemplateBody,
): Promise<Template> {
  const parts = partsOfSource(body)
  checkParts(key.name, parts)
  const { row } = refuseConflict(
    await writeVersion(run, { ...key, parts, replaces: body.version ?? null, max: MAX_TEMPLATES }),
  )
  return showTemplate({ ...row, parts: partsOf(row), createdAt: row.created_at })
}

function refuseConflict(written: Written): Extract<Written, { kind: 'written' }> {
  if (written.kind === 'written') return written
  throw written.kind === 'full'
    ? new AppError('CONFLICT', {
        reason: 'the tenant has as many templates as it may',
        details: [{ path: 'params', problem: `there are ${MAX_TEMPLATES} templates already` }],
      })
    : new AppError('CONFLICT', {
        reason: 'another version is the newest',
        details: [{ path: 'body.version', problem: 'is not the newest', version: written.version }],
      })
}
