// docs/chaos.md names a test for every fault that the house must survive, and every test that it names is there.

import { readPage } from './docs/markdown.ts'
import { readText } from './house-files.ts'
import { report } from './report.ts'

const PAGE = 'docs/chaos.md'
const HEADER = ['fault', 'required', 'tests']
/** A file in backticks, or a test's name in double quotes: it is in the file that was named last. */
const WORDS = /`([^`]+\.ts)`|"([^"]+)"/g

export function checkFaultTable(root: string): string[] {
  const { rows } = readPage(PAGE, readText(root, PAGE) ?? '')
  const begin = rows.findIndex(({ cells }) => HEADER.every((title, at) => cells[at] === title))
  if (begin < 0) return [`${PAGE} has no table of faults any more (${HEADER.join(', ')}).`]
  return rows.slice(begin + 1).flatMap(({ cells: [fault = '', , tests = ''], line }) => {
    const named = namedTests(tests)
    if (named.length === 0) return [`${PAGE}:${line} names no test for "${fault}".`]
    return named.flatMap(({ file, name }) => {
      const text = readText(root, file)
      if (text === null) return [`${PAGE}:${line} names ${file}, which is not there.`]
      return text.includes(name) ? [] : [`${PAGE}:${line}: ${file} has no "${name}".`]
    })
  })
}

function namedTests(cell: string): { file: string; name: string }[] {
  let file = ''
  return [...cell.matchAll(WORDS)].flatMap(([, path, name]) => {
    if (path !== undefined) file = path
    return name === undefined ? [] : [{ file, name }]
  })
}

if (import.meta.main) await report(checkFaultTable)
