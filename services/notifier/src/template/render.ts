// Turns a template and its values into a mail or a text. Templates reach neither files nor the network nor anything of
// ours but the values they are given; in HTML every value is escaped unless the template says otherwise.

import { Liquid, type Template } from 'liquidjs'
import { findMail, findText } from './catalogue.ts'
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

interface ParsedMail {
  readonly subject: Template[]
  readonly html: Template[]
  readonly text: Template[]
}
const parsedMails = new WeakMap<MailTemplate, ParsedMail>()
const parsedTexts = new Map<string, Template[]>()

/**
 * Renders the mail `name` in the nearest language there is. Values are plain: names are cleaned before (`displayName`).
 * @throws {TemplateError} also when the template uses a value that is not there
 */
export function renderMail(name: string, locale: string | null, values: TemplateValues): RenderedMail {
  const template = findMail(name, locale)
  if (template === undefined) throw new TemplateError('template_missing')
  return rendered(() => {
    const parts = parsedMail(template)
    const subject = oneLine(forText.renderSync(parts.subject, values) as string)
    const html = forHtml.renderSync(parts.html, values) as string
    const text = forText.renderSync(parts.text, values) as string
    return { subject, html, text }
  })
}

/**
 * The same of the SMS `name`.
 * @throws {TemplateError}
 */
export function renderText(name: string, locale: string | null, values: TemplateValues): string {
  const template = findText(name, locale)
  if (template === undefined) throw new TemplateError('template_missing')
  return rendered(() => forText.renderSync(parsedText(template), values) as string)
}

/** What liquidjs throws quotes the template, and with it perhaps a value. */
function rendered<R>(work: () => R): R {
  try {
    return work()
  } catch {
    throw new TemplateError('template_failed')
  }
}

function parsedMail(template: MailTemplate): ParsedMail {
  const known = parsedMails.get(template)
  if (known !== undefined) return known
  const parts = {
    subject: forText.parse(template.subject),
    html: forHtml.parse(template.html),
    text: forText.parse(template.text),
  }
  parsedMails.set(template, parts)
  return parts
}

function parsedText(template: string): Template[] {
  const parsed = parsedTexts.get(template) ?? forText.parse(template)
  parsedTexts.set(template, parsed)
  return parsed
}

/** Whatever the template did, a subject cannot carry a second header. */
const oneLine = (subject: string) => subject.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
