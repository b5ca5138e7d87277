// Finds in a file's SQL the statements that mark something as over, count something up, or move it forward.

import { isForwardName, isMarkName } from './words.ts'

export interface Change {
  /** `table.column` */
  readonly column: string
  readonly kind: 'mark' | 'counter' | 'forward'
  /** A mark's statement asks that nobody set it before; one that moves forward, that it was less. */
  readonly isGuarded: boolean
}

const SETS = /\bUPDATE\s+(?:ONLY\s+)?(\w+)(?:\s+(?:AS\s+)?\w+)?\s+SET\b|\bDO\s+UPDATE\s+SET\b/gi
const ENDS_ASSIGNMENTS = /^(?:FROM|WHERE|RETURNING)\b/i

/** @param text a TypeScript file with SQL in it, or a migration */
export function changesIn(text: string): Change[] {
  return [...text.matchAll(SETS)].flatMap((match) => {
    const table = match[1] ?? tableOfInsert(text.slice(0, match.index))
    const { assignments, rest } = readSet(text.slice(match.index + match[0].length))
    return assignments.flatMap((assignment) => changeOf(table, assignment, rest))
  })
}

function tableOfInsert(before: string): string {
  return [...before.matchAll(/\bINSERT\s+INTO\s+(\w+)/gi)].at(-1)?.[1] ?? 'unknown'
}

function changeOf(table: string, assignment: string, rest: string): Change[] {
  const [, column = '', value = ''] = /^\s*"?(\w+)"?\s*=([\s\S]*)$/.exec(assignment) ?? []
  const name = `${table}.${column}`
  if (new RegExp(`\\b${column}\\s*[+-]\\s`).test(value))
    return [{ column: name, kind: 'counter', isGuarded: true }]
  if (isMarkName(column) && !/^\s*NULL\b/i.test(value)) {
    const isGuarded = new RegExp(`\\b${column}\\s+IS\\s+NULL\\b`, 'i').test(rest)
    return [{ column: name, kind: 'mark', isGuarded }]
  }
  // Beginning again at nought is no move.
  if (isForwardName(column) && !/^\s*0\s*$/.test(value)) {
    const isGuarded = new RegExp(`\\b${column}\\s*<(?!=)`).test(rest)
    return [{ column: name, kind: 'forward', isGuarded }]
  }
  return []
}

/** The assignments behind SET, and the rest of their statement. */
function readSet(text: string): { assignments: string[]; rest: string } {
  const assignments: string[] = []
  let depth = 0
  let begin = 0
  let end: number | null = null
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? ''
    if (char === '(' || char === '{') depth++
    else if (char === ')' || char === '}') depth--
    if (depth < 0 || (depth === 0 && (char === '`' || char === ';'))) {
      if (end === null) assignments.push(text.slice(begin, at))
      return { assignments, rest: text.slice(end ?? at, at) }
    }
    if (depth > 0 || end !== null) continue
    const isWordBegin = !/\w/.test(text[at - 1] ?? ' ')
    if (char === ',' || (isWordBegin && ENDS_ASSIGNMENTS.test(text.slice(at, at + 10)))) {
      assignments.push(text.slice(begin, at))
      begin = at + 1
      if (char !== ',') end = at
    }
  }
  if (end === null) assignments.push(text.slice(begin))
  return { assignments, rest: text.slice(end ?? text.length) }
}
