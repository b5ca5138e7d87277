// The secret in a message, as its recipient reads it; of a notice the words that only this one has.

const LINK = /\/l#([A-Za-z0-9_-]{110})(?![A-Za-z0-9_-])/
const NOTICE = /Notice (\S+)/
const CODE = /(?<![\d#+])(\d{6})(?!\d)/

const FORMS = { link: LINK, code: CODE, notice: NOTICE }

/** null: there is none. */
export function secretOf(kind: keyof typeof FORMS, text: string): string | null {
  return FORMS[kind].exec(text)?.[1] ?? null
}
