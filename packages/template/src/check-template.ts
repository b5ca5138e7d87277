// Says of a template whether it can be rendered at all, without rendering it.

import { parsePart } from './parse-part.ts'
import { type Problem, TemplateError } from './template-error.ts'
import { type PartName, sourcesOf, type TemplateParts } from './template-parts.ts'

/** @returns the first problem of each part; empty: all of them can be read */
export function checkTemplate(parts: TemplateParts): Problem[] {
  return sourcesOf(parts).flatMap(([part, source]) => problemOf(part, source) ?? [])
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
