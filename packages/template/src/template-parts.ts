// A template as it is written: Liquid sources, by channel. A template may serve one channel or both.

export interface EmailParts {
  readonly subject: string
  /** null: the mail has a text part alone. */
  readonly html: string | null
  readonly text: string
}

export interface SmsParts {
  readonly text: string
}

export interface TemplateParts {
  readonly email: EmailParts | null
  readonly sms: SmsParts | null
}

/** The parts as columns of a row; null: not for that channel, or no HTML. */
export interface TemplateColumns {
  email_subject: string | null
  email_html: string | null
  email_text: string | null
  sms_text: string | null
}

export const partsOf = (row: TemplateColumns): TemplateParts => ({
  email:
    row.email_subject === null || row.email_text === null
      ? null
      : { subject: row.email_subject, html: row.email_html, text: row.email_text },
  sms: row.sms_text === null ? null : { text: row.sms_text },
})

/** Where a problem is. */
export type PartName = 'email.subject' | 'email.html' | 'email.text' | 'sms.text'

/** Characters that a source may have. Mail programs cut an HTML part at about 100 KB. */
export const SOURCE_LIMITS: Readonly<Record<PartName, number>> = {
  'email.subject': 500,
  'email.html': 100_000,
  'email.text': 20_000,
  'sms.text': 2_000,
}

/** Characters that may come of it. An SMS of more is refused by vendors. */
export const OUTPUT_LIMITS: Readonly<Record<PartName, number>> = {
  'email.subject': 300,
  'email.html': 200_000,
  'email.text': 50_000,
  'sms.text': 1_600,
}

/** What is rendered into a template: plain data, as JSON has it. */
export type Variables = Readonly<Record<string, unknown>>

export interface RenderedEmail {
  /** One line. */
  readonly subject: string
  readonly html: string | null
  readonly text: string
}

/** The parts that there are, each with its source. */
export function sourcesOf({ email, sms }: TemplateParts): [PartName, string][] {
  const sources: [PartName, string | null | undefined][] = [
    ['email.subject', email?.subject],
    ['email.html', email?.html],
    ['email.text', email?.text],
    ['sms.text', sms?.text],
  ]
  return sources.flatMap(([part, source]) => (typeof source === 'string' ? [[part, source]] : []))
}
