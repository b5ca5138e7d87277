// Renders a message for the one who asks for it, before anything is kept: what the notifier could not render is refused.

import type { TemplateVariables } from '@postern/contracts/http/template'
import { displayName, shortName } from '@postern/template/display-name'
import { type Rendered, renderTemplate } from '@postern/template/render-template'
import { TemplateError } from '@postern/template/template-error'
import type { TemplateParts } from '@postern/template/template-parts'
import { detailOf, refusal } from './template.ts'

export interface MessageInput {
  readonly parts: TemplateParts
  readonly channel: 'email' | 'sms'
  readonly variables: TemplateVariables
  /** Every template is given it as `tenant_name`, whatever the request says. */
  readonly tenantName: string
}

/** @throws AppError VALIDATION_FAILED: names the variable that is missing, or where in the template it fails */
export function renderMessage({ parts, channel, variables, tenantName }: MessageInput): Rendered {
  try {
    const name = displayName(tenantName)
    const shown = channel === 'sms' ? shortName(name) : name
    return renderTemplate(parts, channel, { ...variables, tenant_name: shown })
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw refusal([detailsOf(error)])
  }
}

function detailsOf({ variable, problem }: TemplateError) {
  if (variable !== null) return { path: `body.variables.${variable}`, problem: 'is missing' }
  if (problem !== null) return { ...detailOf(problem), path: `template.${problem.part}` }
  return { path: 'template', problem: 'is not there for this channel' }
}
