// Reads what tap writes (TAP 14) while it comes, a test file at a time, and counts. A test is a `t.test` at the
// top of a file. A file that ended badly without saying which test failed (a crash, a timeout), or that held no
// test at all, counts as one failed test: nothing fails silently.

export interface FileReport {
  readonly file: string
  readonly passed: number
  readonly failed: number
  /** "name: reason" of each test that was skipped. */
  readonly skipped: readonly string[]
  /** As tap says it, e.g. `59.4ms`; '' when it did not. */
  readonly time: string
  /** The rows that tell what failed. */
  readonly complaint: string
}

const result = /^( *)(not )?ok\b(?: \d+)?(?: - )?(.*)$/
const skipping = /^(.*?)\s*# (?:SKIP|TODO)\b:?\s*(.*)$/i

export class TapReader {
  readonly #onFile: (report: FileReport) => void
  #half = ''
  #rows: string[] = []
  /** The row that ends the YAML block we are in; such a block may quote anything. */
  #blockEnd: string | null = null

  constructor(onFile: (report: FileReport) => void) {
    this.#onFile = onFile
  }

  push(text: string): void {
    const rows = (this.#half + text).split('\n')
    this.#half = rows.pop() ?? ''
    for (const row of rows) this.#take(row)
  }

  #take(row: string): void {
    if (this.#blockEnd !== null) {
      if (row === this.#blockEnd) this.#blockEnd = null
      this.#rows.push(row)
      return
    }
    const opening = /^( +)---$/.exec(row)
    if (opening) this.#blockEnd = `${opening[1]}...`
    const [, indent, not, rest = ''] = result.exec(row) ?? []
    if (indent !== '') {
      this.#rows.push(row)
      return
    }
    // A file's own line comes after its tests.
    this.#onFile(reportOn(this.#rows, rest, not === undefined))
    this.#rows = []
  }
}

function reportOn(rows: string[], rest: string, ok: boolean): FileReport {
  const [file = '', time = ''] = rest.split(' # time=')
  const tests = outsideBlocks(rows).flatMap((row) => {
    const [, indent = '', not, name = ''] = result.exec(row) ?? []
    return indent.length === 4 ? [{ ok: not === undefined, name, skip: skipping.exec(name) }] : []
  })
  const skips = tests.flatMap(({ skip }) => (skip ? [`${skip[1]}: ${skip[2] || 'no reason given'}`] : []))
  const told = tests.filter((test) => !test.ok && !test.skip).length
  const passed = tests.filter((test) => test.ok && !test.skip).length
  const failed = told === 0 && (!ok || tests.length === 0) ? 1 : told
  const unsaid =
    told === 0 && failed === 1 ? ['it ended badly, or held no test; see what it wrote below'] : []
  const complaint = failed === 0 ? '' : [...failuresIn(rows), ...unsaid].join('\n')
  return { file, passed, failed, skipped: skips, time: time.trim(), complaint }
}

function outsideBlocks(rows: string[]): string[] {
  return split(rows).flatMap(({ row, inside }) => (inside ? [] : [row]))
}

/** The lines "not ok" with their blocks. */
function failuresIn(rows: string[]): string[] {
  let failing = false
  return split(rows).flatMap(({ row, inside }) => {
    if (!inside) failing = /^ *not ok\b/.test(row) && !skipping.test(row)
    return failing ? [row] : []
  })
}

function split(rows: string[]): { row: string; inside: boolean }[] {
  let end: string | null = null
  return rows.map((row) => {
    if (end === null) {
      const opening = /^( +)---$/.exec(row)
      if (opening) end = `${opening[1]}...`
      return { row, inside: opening !== null }
    }
    if (row === end) end = null
    return { row, inside: true }
  })
}
