// Turns a template and its variables into a mail or a text. Templates reach neither files nor the network nor anything of
// ours but the variables they are given; in HTML every value is escaped.

import { renderBounded } from './bounded-render.ts'
import { failed, templateErrorOf } from './engine-problem.ts'
import { strangeScheme } from './html-links.ts'
import { parsePart } from './parse-part.ts'
import { TemplateError } from './template-error.ts'
import {
  type EmailParts,
  OUTPUT_LIMITS,
  type PartName,
  type RenderedEmail,
  type SmsParts,
  type TemplateParts,
  type Variables,
} from './template-parts.ts'
import { fitVariables, oneLine } from './text-values.ts'

/**
 * Renders a mail. Variables are plain data, as JSON has it; their texts lose what no message should show.
 * @throws {TemplateError} also when the template uses a variable that is not there
 */
export function renderEmail({ subject, html, text }: EmailParts, variables: Variables): RenderedEmail {
  const scope = fitVariables(variables)
  return {
    subject: rendered('email.subject', subject, scope),
    html: html === null ? null : rendered('email.html', html, scope),
    text: rendered('email.text', text, scope),
  }
}

/**
 * Renders a text message.
 * @throws {TemplateError}
 */
export const renderSms = ({ text }: SmsParts, variables: Variables): string =>
  rendered('sms.text', text, fitVariables(variables))

export interface Rendered {
  /** One line; null: an SMS has none. */
  readonly subject: string | null
  readonly html: string | null
  readonly text: string
}

/**
 * Renders what the template has for the channel.
 * @throws {TemplateError}
 */
export function renderTemplate(
  { email, sms }: TemplateParts,
  channel: 'email' | 'sms',
  variables: Variables,
): Rendered {
  if (channel === 'email' && email !== null) return renderEmail(email, variables)
  if (channel === 'sms' && sms !== null) return { subject: null, html: null, text: renderSms(sms, variables) }
  throw new TemplateError('template_missing')
}

function rendered(part: PartName, source: string, scope: object): string {
  const { engine, templates } = parsePart(part, source)
  const made = work(part, () => renderBounded(engine, templates, scope, OUTPUT_LIMITS[part]))
  const text = part === 'email.subject' ? oneLine(made) : made
  const scheme = part === 'email.html' ? strangeScheme(text) : null
  if (scheme !== null) throw failed(part, 1, 1, 'links to something that is no web, mail or phone address')
  if (text.trim() === '') throw failed(part, 1, 1, 'comes out empty')
  return text
}

/** What the engine throws quotes the template, and with it perhaps a value. */
function work<R>(part: PartName, run: () => R): R {
  try {
    return run()
  } catch (error) {
    throw templateErrorOf(part, error)
  }
}
