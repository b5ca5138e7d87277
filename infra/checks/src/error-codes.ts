// docs/errors.md lists exactly the error codes, with their status and sentence, and says of each when it comes and what
// the client does. A code is marked reserved as long as nothing throws it, and no longer.

import { ERROR_CODES } from '@postern/contracts/error-codes'
import { type Page, readPage } from './docs/markdown.ts'
import { houseFiles, readText } from './house-files.ts'
import { report } from './report.ts'

const PAGE = 'docs/errors.md'
const CODE = 'packages/contracts/src/error-codes.ts'
const THROWS = /^(?:services\/[^/]+|packages\/(?:service-kit|queue))\/src\/.*\.ts$/

export function checkErrorCodes(root: string): string[] {
  const page = readPage(PAGE, readText(root, PAGE) ?? '')
  const source = houseFiles(root)
    .filter((file) => THROWS.test(file))
    .map((file) => readText(root, file))
    .join('\n')
  const rows = rowsOf(page)
  const unlisted = Object.keys(ERROR_CODES).filter((code) => !rows.some((row) => row.code === code))
  const twice = rows.filter(({ code }, at) => rows.findIndex((row) => row.code === code) < at)
  return [
    ...unlisted.map((code) => `${PAGE} does not list ${code}: say when it comes and what the client does.`),
    ...twice.map(({ code, line }) => `${PAGE}:${line} lists ${code} a second time.`),
    ...rows.flatMap((row) => rowFaults(row, source)),
  ]
}

interface Row {
  readonly code: string
  readonly told: readonly string[]
  readonly line: number
}

/** The rows whose first cell is one code in backticks. */
function rowsOf(page: Page): Row[] {
  return page.rows.flatMap(({ cells: [first = '', ...told], line }) => {
    const code = /^`([A-Z][A-Z_]*)`$/.exec(first)?.[1]
    return code === undefined ? [] : [{ code, told, line }]
  })
}

function rowFaults(
  { code, told: [status, sentence, when = '', does = ''], line }: Row,
  source: string,
): string[] {
  const place = `${PAGE}:${line}`
  const known = Object.entries(ERROR_CODES).find(([name]) => name === code)?.[1]
  if (known === undefined) return [`${place} lists ${code}, which is not in ${CODE}.`]
  const isReserved = /^[*_]Reserved[*_]/.test(when)
  const isThrown = new RegExp(`['"]${code}['"]`).test(source)
  return [
    ...(status === String(known.status) ? [] : [`${place}: ${code} answers ${known.status}, not ${status}.`]),
    ...(sentence === known.message ? [] : [`${place}: the sentence of ${code} is "${known.message}".`]),
    ...(when === '' || does === '' ? [`${place}: say when ${code} comes and what the client does.`] : []),
    ...(isReserved && isThrown
      ? [`${place}: ${code} is answered now: say when, and take away "Reserved".`]
      : []),
    ...(isReserved || isThrown ? [] : [`${place}: nothing answers ${code}: begin "when" with _Reserved_.`]),
  ]
}

if (import.meta.main) await report(checkErrorCodes)
