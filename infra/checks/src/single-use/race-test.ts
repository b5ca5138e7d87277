// Whether a test is a race: it starts many at once, by Promise.all or by a function beside it that does.

import { dirname, join } from 'node:path'
import { literal } from '../docs/literal.ts'

const MANY = /\bPromise\.(?:all|allSettled)\(/

/** The text of the test with this title; undefined when there is none. */
export function testTitled(text: string, title: string): string | undefined {
  const found = new RegExp(`\\.test\\(\\s*(['"\`])${literal(title)}\\1`).exec(text)
  if (found === null) return undefined
  const rest = text.slice(found.index + found[0].length)
  const next = rest.search(/\n(?:await )?\w+\.test\(/)
  return next < 0 ? rest : rest.slice(0, next)
}

/** @param textOf reads a file of the house; null when there is none */
export function startsMany(test: string, file: string, textOf: (file: string) => string | null): boolean {
  if (MANY.test(test)) return true
  const called = new Set([...test.matchAll(/\b(\w+)\(/g)].map(([, name]) => name))
  const text = textOf(file) ?? ''
  const beside = [...text.matchAll(/\bfrom '(\.[^']+)'/g)].map(([, path = '']) => join(dirname(file), path))
  return [file, ...beside]
    .flatMap((one) => functionsOf(textOf(one) ?? ''))
    .some(({ name, body }) => called.has(name) && MANY.test(body))
}

/** The functions at the top of a file; each ends where its first line's indentation comes again. */
function functionsOf(text: string): { name: string; body: string }[] {
  const begins = /^(?:export )?(?:async )?(?:function|const) (\w+)/gm
  return [...text.matchAll(begins)].map((match) => {
    const rest = text.slice(match.index)
    const end = rest.slice(1).search(/^(?:export |async |function |const |t\.|await )/m)
    return { name: match[1] ?? '', body: end < 0 ? rest : rest.slice(0, end + 1) }
  })
}
