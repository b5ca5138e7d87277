// Finds in a part's log why it ended, for the one sentence that the person sees.
import { readFileSync } from 'node:fs'

interface LogLine {
  readonly level?: unknown
  readonly msg?: unknown
  readonly faults?: unknown
}

/** The last line that tells of an error, else the last line; '' when there is none. */
export function lastComplaint(logFile: string): string {
  const lines = tail(logFile)
  const told = lines.map(parse)
  const worst = told.findLast((line) => line !== null && isError(line.level))
  if (worst?.msg !== undefined) return [worst.msg, ...list(worst.faults)].map(String).join(' · ')
  const stackTop = lines.findLast((line) => /^(\w*Error|Uncaught)\b/.test(line))
  const last = told.at(-1)?.msg ?? lines.at(-1) ?? ''
  return stackTop ?? String(last)
}

function tail(logFile: string): string[] {
  try {
    return readFileSync(logFile, 'utf8').slice(-20_000).trim().split('\n').slice(-40)
  } catch {
    return []
  }
}

function parse(line: string): LogLine | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

/** pino's numbers, or the words. */
function isError(level: unknown): boolean {
  return typeof level === 'number' ? level >= 50 : level === 'error' || level === 'fatal'
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
