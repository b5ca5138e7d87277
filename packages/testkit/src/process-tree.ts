// Looks at processes by id: whether one still runs, and which are its children. A zombie counts as ended,
// because in a container nobody may ever collect it.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'

interface Stat {
  readonly state: string
  readonly parent: number
  readonly startedAt: string
}

/** Whether the process runs (a zombie does not). */
export function isAlive(pid: number): boolean {
  const stat = readStat(pid)
  if (stat !== undefined) return stat !== null && stat.state !== 'Z'
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** When the process began, as an opaque text; tells it from a later process with the same id. */
export function startOf(pid: number): string | null {
  const stat = readStat(pid)
  if (stat !== undefined) return stat?.startedAt ?? null
  const row = ps('lstart=', '-p', String(pid))
  return row === '' ? null : row
}

/** Ids of the process's direct children. */
export function childrenOf(pid: number): number[] {
  if (!hasProc) {
    return ps('pid=,ppid=', '-A')
      .split('\n')
      .map((row) => row.trim().split(/\s+/).map(Number))
      .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []))
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => readStat(candidate)?.parent === pid)
}

const hasProc = existsSync('/proc/self/stat')

/** `undefined` where there is no /proc, `null` when the process is gone. */
function readStat(pid: number): Stat | null | undefined {
  if (!hasProc) return undefined
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command's name stands in brackets and may hold anything: the fields begin after the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0] ?? '', parent: Number(fields[1]), startedAt: fields[19] ?? '' }
  } catch {
    return null
  }
}

function ps(columns: string, ...selection: string[]): string {
  try {
    return execFileSync('ps', [...selection, '-o', columns], { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}
