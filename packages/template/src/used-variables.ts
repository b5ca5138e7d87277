// Which variables a template asks for, and where: what it sets by itself is not among them.

import { analyzeSync } from 'liquidjs'
import { parsePart } from './parse-part.ts'
import { type PartName, sourcesOf, type TemplateParts } from './template-parts.ts'

export interface UsedVariable {
  readonly name: string
  readonly part: PartName
  /** Counted from 1. */
  readonly line: number
  readonly column: number
}

/**
 * Every place where a variable is asked for, part by part.
 * @throws {TemplateError} where a part cannot be read: ask `checkTemplate` first
 */
export function usedVariables(parts: TemplateParts): UsedVariable[] {
  return sourcesOf(parts).flatMap(([part, source]) => {
    const { globals } = analyzeSync(parsePart(part, source).templates, { partials: false })
    return Object.values(globals).flatMap((places) =>
      places.map(({ segments, location: { row, col } }) => ({
        name: String(segments[0]),
        part,
        line: row,
        column: col,
      })),
    )
  })
}
