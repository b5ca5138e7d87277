// Every built-in template, in every language that it is written in. A new language is a file of words and a line here.

import { nearestLanguage } from '../language.ts'
import type { TemplateParts } from '../template-parts.ts'
import { magicLinkMail } from './magic-link-mail.ts'
import { noticeMail, noticeSms } from './notice.ts'
import { otpMail } from './otp-mail.ts'
import { english } from './words/english.ts'
import { french } from './words/french.ts'
import { german } from './words/german.ts'
import { japanese } from './words/japanese.ts'
import { spanish } from './words/spanish.ts'
import type { Words } from './words/words.ts'

const LANGUAGES = ['en', 'de', 'es', 'fr', 'ja'] as const
type Language = (typeof LANGUAGES)[number]

/** One template in all languages. */
type Written = Readonly<Record<Language, TemplateParts>>

const TEMPLATES: ReadonlyMap<string, Written> = new Map([
  ['magic_link', written((words) => ({ email: magicLinkMail(words), sms: null }))],
  // An SMS goes on with what `endWithOrigin` adds.
  ['otp', written((words) => ({ email: otpMail(words), sms: { text: words.otpSms } }))],
  ['notice', written((words) => ({ email: noticeMail(words), sms: { text: noticeSms(words) } }))],
])

export interface BuiltIn {
  readonly language: string
  readonly parts: TemplateParts
}

/**
 * The template in the language nearest to `locale`, else to `fallback`, else in English.
 * @param locale a language tag (BCP 47); null: none was asked for
 * @returns undefined: there is no such template
 */
export function findBuiltIn(
  name: string,
  locale: string | null,
  fallback: string | null = null,
): BuiltIn | undefined {
  const languages = TEMPLATES.get(name)
  if (languages === undefined) return undefined
  const language = nearestLanguage(locale, LANGUAGES, nearestLanguage(fallback, LANGUAGES, 'en'))
  return { language, parts: languages[language] }
}

function written(write: (words: Words) => TemplateParts): Written {
  return {
    en: write(english),
    de: write(german),
    es: write(spanish),
    fr: write(french),
    ja: write(japanese),
  }
}
