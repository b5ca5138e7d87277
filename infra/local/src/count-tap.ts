// Counts tests in what tap wrote (TAP 14). A test is a `t.test` at the top of a file. A file that ended badly
// without saying which test failed (a crash, a timeout) counts as one failed test, so nothing fails silently.

export interface TestCount {
  readonly passed: number
  readonly failed: number
  /** "name: reason" of each test that was skipped. */
  readonly skipped: readonly string[]
}

const line = /^( *)(not )?ok\b(?: \d+)?(?: - )?(.*)$/

export function countTap(text: string): TestCount {
  const count = { passed: 0, failed: 0, skipped: [] as string[] }
  let failedInFile = 0
  // With jobs, tap writes the file's own line first and its tests in braces; one by one, the line comes last.
  let openFile: { ok: boolean } | null = null
  const closeFile = (ok: boolean) => {
    if (!ok && failedInFile === 0) count.failed += 1
    failedInFile = 0
  }
  for (const row of withoutDiagnostics(text)) {
    if (row === '}' && openFile) {
      closeFile(openFile.ok)
      openFile = null
      continue
    }
    const [, indent = '', not, rest = ''] = line.exec(row) ?? []
    if (!line.test(row)) continue
    const ok = not === undefined
    if (indent === '' && rest.endsWith('{')) openFile = { ok }
    else if (indent === '') closeFile(ok)
    else if (indent.length === 4) {
      const skip = /^(.*?)\s*# (?:SKIP|TODO)\b:?\s*(.*)$/i.exec(rest)
      if (skip) count.skipped.push(`${skip[1]}: ${skip[2] || 'no reason given'}`)
      else if (ok) count.passed += 1
      else {
        count.failed += 1
        failedInFile += 1
      }
    }
  }
  return count
}

/** The rows without the YAML blocks, which may quote anything. */
function withoutDiagnostics(text: string): string[] {
  let end: string | null = null
  return text.split('\n').filter((row) => {
    if (end !== null) {
      if (row === end) end = null
      return false
    }
    const opening = /^( +)---$/.exec(row)
    if (opening) end = `${opening[1]}...`
    return opening === null
  })
}
