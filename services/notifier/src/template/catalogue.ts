// Every template there is, in every language it is written in. A new language is a file and a line here.

import { magicLinkEn } from './magic-link.en.ts'
import type { MailTemplate } from './mail-template.ts'

/** English is what everything falls back to, so every template has it. */
type Languages = { readonly en: MailTemplate; readonly [language: string]: MailTemplate }

const CATALOGUE: ReadonlyMap<string, Languages> = new Map([['magic_link', { en: magicLinkEn }]])

/** The template in `locale` (`de-AT`), else in its language (`de`), else in English; undefined: there is none. */
export function findTemplate(name: string, locale: string | null): MailTemplate | undefined {
  const languages = CATALOGUE.get(name)
  if (languages === undefined) return undefined
  const wanted = (locale ?? 'en').toLowerCase()
  const [language = 'en'] = wanted.split('-')
  return own(languages, wanted) ?? own(languages, language) ?? languages.en
}

const own = (languages: Languages, key: string) =>
  Object.hasOwn(languages, key) ? languages[key] : undefined
