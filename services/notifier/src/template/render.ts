// Turns a template and its values into a mail. Templates reach neither files nor the network nor anything of ours but
// the values they are given; in HTML every value is escaped unless the template says otherwise.

import { Liquid, type Template } from 'liquidjs'
import { findTemplate } from './catalogue.ts'
import type { MailTemplate } from './mail-template.ts'

export type TemplateValues = Readonly<Record<string, string | number>>

export interface RenderedMail {
  /** One line. */
  readonly subject: string
  readonly html: string
  readonly text: string
}

/** The template is missing or failed. The message holds neither its text nor its values. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError'
  readonly code: 'template_missing' | 'template_failed'

  constructor(code: TemplateError['code']) {
    super(code)
    this.code = code
  }
}

const nowhere = () => {
  throw new TemplateError('template_failed')
}

const COMMON = {
  fs: {
    readFile: nowhere,
    readFileSync: nowhere,
    exists: async () => false,
    existsSync: () => false,
    contains: async () => false,
    containsSync: () => false,
    resolve: nowhere,
  },
  relativeReference: false,
  dynamicPartials: false,
  ownPropertyOnly: true,
  strictFilters: true,
  strictVariables: true,
  parseLimit: 200_000,
  renderLimit: 1_000,
  memoryLimit: 2_000_000,
}
const forHtml = new Liquid({ ...COMMON, outputEscape: 'escape' })
const forText = new Liquid(COMMON)

interface Parsed {
  readonly subject: Template[]
  readonly html: Template[]
  readonly text: Template[]
}
const parsed = new WeakMap<MailTemplate, Parsed>()

/**
 * Renders `name` in the nearest language there is. Values are plain: names are cleaned before (`displayName`).
 * @throws {TemplateError} also when the template uses a value that is not there
 */
export function render(name: string, locale: string | null, values: TemplateValues): RenderedMail {
  const template = findTemplate(name, locale)
  if (template === undefined) throw new TemplateError('template_missing')
  try {
    const parts = parse(template)
    const subject = oneLine(forText.renderSync(parts.subject, values) as string)
    const html = forHtml.renderSync(parts.html, values) as string
    const text = forText.renderSync(parts.text, values) as string
    return { subject, html, text }
  } catch {
    // What liquidjs throws quotes the template, and with it perhaps a value.
    throw new TemplateError('template_failed')
  }
}

function parse(template: MailTemplate): Parsed {
  const known = parsed.get(template)
  if (known !== undefined) return known
  const parts = {
    subject: forText.parse(template.subject),
    html: forHtml.parse(template.html),
    text: forText.parse(template.text),
  }
  parsed.set(template, parts)
  return parts
}

/** Whatever the template did, a subject cannot carry a second header. */
const oneLine = (subject: string) => subject.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
