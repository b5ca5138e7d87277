// Every built-in template, in every language that it is written in. A new language is a file of words and a line here.

import { nearestLanguage } from './language.ts'
import { magicLinkMail } from './magic-link-mail.ts'
import type { MailTemplate } from './mail-template.ts'
import { otpMail } from './otp-mail.ts'
import { otpSms } from './otp-sms.ts'
import { english } from './words/english.ts'
import { french } from './words/french.ts'
import { german } from './words/german.ts'
import { japanese } from './words/japanese.ts'
import { spanish } from './words/spanish.ts'
import type { Words } from './words/words.ts'

const LANGUAGES = ['en', 'de', 'es', 'fr', 'ja'] as const
type Language = (typeof LANGUAGES)[number]

/** One template in all languages. */
type Written<Template> = Readonly<Record<Language, Template>>

const MAILS: ReadonlyMap<string, Written<MailTemplate>> = new Map([
  ['magic_link', written(magicLinkMail)],
  ['otp', written(otpMail)],
])
const TEXTS: ReadonlyMap<string, Written<string>> = new Map([['otp', written(otpSms)]])

/** The mail in the language nearest to `locale`, else in English; undefined: there is no such template. */
export const findMail = (name: string, locale: string | null): MailTemplate | undefined =>
  MAILS.get(name)?.[languageFor(locale)]

/** The same of SMS texts. */
export const findText = (name: string, locale: string | null): string | undefined =>
  TEXTS.get(name)?.[languageFor(locale)]

const languageFor = (locale: string | null) => nearestLanguage(locale, LANGUAGES, 'en')

function written<Template>(write: (words: Words) => Template): Written<Template> {
  return {
    en: write(english),
    de: write(german),
    es: write(spanish),
    fr: write(french),
    ja: write(japanese),
  }
}
