// By what a message is written: a version of the tenant's own, or what is built in. Decided anew with each claim until the
// first attempt keeps it, so that every attempt says the same words, and a template that fails can be mended.

import { findBuiltIn } from '@postern/template/built-in/catalogue'
import { partsOf, type TemplateColumns, type TemplateParts } from '@postern/template/template-parts'

export interface Wording {
  /** In lower case; null: there is no such template. */
  readonly locale: string | null
  /** 0: built in. */
  readonly version: number
  /** null: there is no such template, or not this version of it. */
  readonly parts: TemplateParts | null
}

/** What the row of a delivery says, and the tenant's template for it: that which is kept, else the newest. */
export interface WordingFacts {
  readonly template: string
  readonly locale: string | null
  readonly keptLocale: string | null
  readonly keptVersion: number | null
  readonly written: (TemplateColumns & { readonly locale: string; readonly version: number }) | null
  readonly defaultLocale: string | null
}

export function wordingOf(facts: WordingFacts): Wording {
  const { template, locale, keptLocale, keptVersion, written, defaultLocale } = facts
  if (written !== null) return { locale: written.locale, version: written.version, parts: partsOf(written) }
  if (keptVersion !== null && keptVersion > 0)
    return { locale: keptLocale, version: keptVersion, parts: null }
  const builtIn = findBuiltIn(template, keptLocale ?? locale, defaultLocale)
  return { locale: builtIn?.language ?? null, version: 0, parts: builtIn?.parts ?? null }
}
