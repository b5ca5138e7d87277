// Shows what a template would say: the draft of the request, or what would be sent now. Nothing is kept.

import type { PreviewTemplateBody, TemplatePreview } from '@postern/contracts/http/template'
import type { TenantRun } from '@postern/db/with-tenant'
import { endWithOrigin } from '@postern/template/built-in/otp-sms'
import type { TemplateParts } from '@postern/template/template-parts'
import { findTemplate } from '../find-template.store.ts'
import { renderMessage } from '../render-message.ts'
import type { TemplateKey } from '../template.store.ts'
import { checkParts, noSuchTemplate, partsOfSource, showLocale } from '../template.ts'

export interface PreviewInput extends TemplateKey {
  readonly tenantName: string
  readonly body: PreviewTemplateBody
}

/** @throws AppError VALIDATION_FAILED, NOT_FOUND */
export async function previewTemplate(run: TenantRun, input: PreviewInput): Promise<TemplatePreview> {
  const { name, tenantName, body } = input
  const { channel, locale, version, parts } = await whatToShow(run, input)
  const variables = body.variables ?? {}
  const shown = renderMessage({ parts, channel, variables, tenantName })
  const { code, origin_domain: domain } = variables
  const isBound = name === 'otp' && channel === 'sms'
  const text =
    isBound && typeof code === 'string' && typeof domain === 'string'
      ? endWithOrigin(shown.text, { code, domain })
      : shown.text
  return { channel, locale: showLocale(locale), version, ...shown, text }
}

interface Shown {
  channel: 'email' | 'sms'
  locale: string
  version: number | null
  parts: TemplateParts
}

async function whatToShow(run: TenantRun, { tenantId, name, locale, body }: PreviewInput): Promise<Shown> {
  const { email, sms, channel: wanted } = body
  if (!email && !sms) {
    const channel = wanted ?? 'email'
    const found = await findTemplate(run, tenantId, { name, channel, locale })
    if (found !== undefined) return { ...found, channel }
    if (wanted !== undefined) throw noSuchTemplate()
    const byText = await findTemplate(run, tenantId, { name, channel: 'sms', locale })
    if (byText === undefined) throw noSuchTemplate()
    return { ...byText, channel: 'sms' }
  }
  const parts = partsOfSource(body)
  checkParts(name, parts)
  return { channel: wanted ?? (email ? 'email' : 'sms'), locale, version: null, parts }
}
