// Finds in a part's log why it ended, for the one sentence that the person sees.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

interface LogLine {
  readonly level?: unknown
  readonly msg?: unknown
  readonly faults?: unknown
  readonly err?: { readonly message?: unknown; readonly code?: unknown }
}

const most = 64 * 1024

/**
 * What the log tells of a fault, else its last line; '' when it says nothing.
 * @param from byte at which this run's lines begin
 */
export function lastComplaint(logFile: string, from: number): string {
  const lines = tail(logFile, from)
  const told = lines.map(parse)
  const errors = told.filter((line) => line !== null && isError(line.level))
  const worst = errors.findLast((line) => line?.err) ?? errors.at(-1)
  return faultList(lines) ?? (worst ? sentenceOf(worst) : (stackTop(lines) ?? lastWords(told, lines)))
}

function tail(logFile: string, from: number): string[] {
  try {
    const file = openSync(logFile, 'r')
    try {
      const end = fstatSync(file).size
      const start = Math.max(from, end - most)
      const buffer = Buffer.alloc(Math.max(0, end - start))
      readSync(file, buffer, 0, buffer.length, start)
      return buffer.toString('utf8').trim().split('\n')
    } finally {
      closeSync(file)
    }
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

/** A service lists what is wrong with its settings and secrets under "… does not start:". */
function faultList(lines: string[]): string | null {
  const head = lines.findLastIndex((line) => line.endsWith('does not start:'))
  if (head === -1) return null
  const rest = lines.slice(head + 1)
  const past = rest.findIndex((line) => !line.startsWith('- '))
  return rest
    .slice(0, past === -1 ? undefined : past)
    .map((line) => line.slice(2))
    .join(' · ')
}

function sentenceOf({ msg, err, faults }: LogLine): string {
  const parts = [msg, err?.message ?? err?.code, ...(Array.isArray(faults) ? faults : [])]
  return parts.filter((part) => part !== undefined && part !== '').join(' · ')
}

function stackTop(lines: string[]): string | undefined {
  return lines.findLast((line) => /^(\w*Error|Uncaught)\b/.test(line))
}

function lastWords(told: (LogLine | null)[], lines: string[]): string {
  return String(told.at(-1)?.msg ?? lines.at(-1) ?? '')
}
