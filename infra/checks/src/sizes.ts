// No file outgrew one reading: 150 lines are the rule, 250 the end; a test may have 400.

import { houseFiles, readText } from './house-files.ts'
import { report } from './report.ts'

const MOST_LINES = 250
const MOST_TEST_LINES = 400

export function checkSizes(root: string): string[] {
  return houseFiles(root)
    .filter((file) => /\.(ts|mjs|sql)$/.test(file))
    .flatMap((file) => {
      const lines = (readText(root, file) ?? '').split('\n').length - 1
      const most = file.endsWith('.test.ts') ? MOST_TEST_LINES : MOST_LINES
      return lines > most
        ? [`${file} has ${lines} lines of at most ${most}: make two rooms of it, each with its own noun.`]
        : []
    })
}

if (import.meta.main) await report(checkSizes)
