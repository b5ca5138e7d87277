// Says of a template whether it can be rendered at all, without rendering it.

import { parsePart } from './parse-part.ts'
import { type Problem, TemplateError } from './template-error.ts'
import type { PartName, TemplateParts } from './template-parts.ts'

/** @returns the first problem of each part; empty: all of them can be read */
export function checkTemplate(parts: TemplateParts): Problem[] {
  return sourcesOf(parts).flatMap(([part, source]) => problemOf(part, source) ?? [])
}

function sourcesOf({ email, sms }: TemplateParts): [PartName, string][] {
  const sources: [PartName, string | null | undefined][] = [
    ['email.subject', email?.subject],
    ['email.html', email?.html],
    ['email.text', email?.text],
    ['sms.text', sms?.text],
  ]
  return sources.flatMap(([part, source]) => (typeof source === 'string' ? [[part, source]] : []))
}

function problemOf(part: PartName, source: string): Problem | null {
  try {
    parsePart(part, source)
    return null
  } catch (error) {
    if (error instanceof TemplateError && error.problem !== null) return error.problem
    throw error
  }
}
