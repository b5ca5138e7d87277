// What the tables themselves say may happen once, or counts: read from the migrations, so that a column which the
// registry forgot is found also where the code changes it in a way that nobody foresaw.

import { isCounterName, isForwardName, isMarkName } from './words.ts'

export interface Column {
  /** `table.column` */
  readonly column: string
  readonly type: string
}

const TABLE = /\b(?:CREATE\s+TABLE|ALTER\s+TABLE)\s+(?:IF\s+NOT\s+EXISTS\s+|ONLY\s+)?(\w+)([^;]*);/gi
const COLUMN =
  /^\s*(?:ADD\s+COLUMN\s+)?(\w+)\s+(uuid|text|bytea|boolean|smallint|integer|bigint|timestamptz|jsonb)\b/i
const KEY = /\bPRIMARY\s+KEY\s*\(([^)]*)\)/i

/** The columns that the statements of a migration give to tables; those of a primary key are left out. */
export function columnsOf(migration: string): Column[] {
  const text = migration.replace(/--[^\n]*/g, '')
  return [...text.matchAll(TABLE)].flatMap(([, table = '', body = '']) => {
    const key = new Set(
      KEY.exec(body)?.[1]
        ?.split(',')
        .map((name) => name.trim()),
    )
    return partsOf(body).flatMap((part) => {
      const [, name = '', type = ''] = COLUMN.exec(part) ?? []
      return name === '' || key.has(name) ? [] : [{ column: `${table}.${name}`, type: type.toLowerCase() }]
    })
  })
}

/** Whether the column, by its name and type, marks what happened once, or counts. */
export function isSingleUse({ column, type }: Column): boolean {
  const name = column.split('.')[1] ?? ''
  if (type === 'timestamptz') return isMarkName(name)
  return /^(?:smallint|integer|bigint)$/.test(type) && (isCounterName(name) || isForwardName(name))
}

/** Whether the column holds what proves a secret, or the secret itself. */
export const isSecret = ({ column, type }: Column): boolean =>
  type === 'bytea' && /\.(?:digest|secret)$/.test(column)

/** The parts between commas that are in no brackets of their own. */
function partsOf(body: string): string[] {
  const inner = body.trimStart().startsWith('(') ? body.trim().slice(1) : body
  const parts: string[] = ['']
  let depth = 0
  for (const char of inner) {
    if (char === '(') depth++
    else if (char === ')') depth--
    if (char === ',' && depth === 0) parts.push('')
    else parts[parts.length - 1] += char
  }
  return parts
}
