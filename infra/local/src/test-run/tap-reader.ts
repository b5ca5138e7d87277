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

/** Of a file whose process ended before the file had. */
export function lostReport(file: string): FileReport {
  const complaint = 'its process ended before it did; see what it wrote below'
  return { file, passed: 0, failed: 1, skipped: [], time: '', complaint }
}

const result = /^( *)(not )?ok\b(?: \d+)?(?: - )?(.*)$/
const skipping = /^(.*?)\s*# (?:SKIP|TODO)\b:?\s*(.*)$/i

interface Row {
  readonly text: string
  /** Part of a YAML block, which may quote anything. */
  readonly quoted: boolean
}

/** What a group's process writes when none of its files is left to run. */
export const ALL_HAD_THEIR_TURN = '# every file had its turn'

export class TapReader {
  readonly #files: string[]
  readonly #onFile: (report: FileReport) => void
  /** Whether the process lived until all files had their turn. */
  isOver = false
  /** What failed outside of every file. */
  readonly strays: string[] = []
  #half = ''
  #rows: Row[] = []
  /** The row that ends the YAML block we are in. */
  #blockEnd: string | null = null

  /** @param files in the order in which they run: no other line is believed to be a file's */
  constructor(files: readonly string[], onFile: (report: FileReport) => void) {
    this.#files = [...files]
    this.#onFile = onFile
  }

  push(text: string): void {
    const rows = (this.#half + text).split('\n')
    this.#half = rows.pop() ?? ''
    for (const row of rows) this.#take(row)
  }

  #take(text: string): void {
    if (text === ALL_HAD_THEIR_TURN) this.isOver = true
    const quoted = this.#isQuoted(text)
    const [, indent, not, rest = ''] = (quoted ? null : result.exec(text)) ?? []
    if (indent !== '') {
      this.#rows.push({ text, quoted })
      return
    }
    if (fileOf(rest) !== this.#files[0]) {
      if (not !== undefined) this.strays.push(text)
      return
    }
    // A file's own line comes after its tests.
    this.#files.shift()
    this.#onFile(reportOn(this.#rows, rest, not === undefined))
    this.#rows = []
  }

  #isQuoted(text: string): boolean {
    if (this.#blockEnd !== null) {
      if (text === this.#blockEnd) this.#blockEnd = null
      return true
    }
    const opening = /^( +)---$/.exec(text)
    if (opening) this.#blockEnd = `${opening[1]}...`
    return opening !== null
  }
}

const fileOf = (rest: string) => rest.split(' # ')[0]

function reportOn(rows: Row[], rest: string, ok: boolean): FileReport {
  const [file = '', time = ''] = rest.split(' # time=')
  const tests = rows.flatMap(({ text, quoted }) => {
    const [, indent = '', not, name = ''] = (quoted ? null : result.exec(text)) ?? []
    return indent.length === 4 ? [{ ok: not === undefined, name, skip: skipping.exec(name) }] : []
  })
  const skipped = tests.flatMap(({ skip }) => (skip ? [`${skip[1]}: ${skip[2] || 'no reason given'}`] : []))
  const told = tests.filter((test) => !test.ok && !test.skip).length
  const passed = tests.filter((test) => test.ok && !test.skip).length
  const failed = told === 0 && (!ok || tests.length === 0) ? 1 : told
  const unsaid =
    told === 0 && failed === 1 ? ['it ended badly, or held no test; see what it wrote below'] : []
  const complaint = failed === 0 ? '' : [...failuresIn(rows), ...unsaid].join('\n')
  return { file, passed, failed, skipped, time: time.trim(), complaint }
}

/** The lines "not ok" with their blocks. */
function failuresIn(rows: Row[]): string[] {
  let failing = false
  return rows.flatMap(({ text, quoted }) => {
    if (!quoted) failing = /^ *not ok\b/.test(text) && !skipping.test(text)
    return failing ? [text] : []
  })
}
