// Finds in a file's SQL the statements that mark something as over or count something up.

export interface Change {
  /** `table.column` */
  readonly column: string
  readonly kind: 'mark' | 'counter'
  /** A mark's statement asks that nobody set it before. */
  readonly isGuarded: boolean
}

const MARK = /^(?:consumed|used|spent|superseded|revoked|redeemed|claimed|rotated|ended|enabled)_at$/
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
  const isMark = MARK.test(column) && !/^\s*NULL\b/i.test(value)
  const isCounter = new RegExp(`\\b${column}\\s*[+-]\\s`).test(value)
  if (column === '' || (!isMark && !isCounter)) return []
  const isGuarded = isCounter || new RegExp(`\\b${column}\\s+IS\\s+NULL\\b`, 'i').test(rest)
  return [{ column: `${table}.${column}`, kind: isCounter ? 'counter' : 'mark', isGuarded }]
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
  return { assignments, rest: text.slice(end ?? text.length) }
}
