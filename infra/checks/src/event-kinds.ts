// docs/events.md lists exactly the event kinds, each with the sentence that the code gives it.

import { EVENT_KINDS } from '@postern/contracts/event-kinds'
import { readPage } from './docs/markdown.ts'
import { readText } from './house-files.ts'
import { report } from './report.ts'

const PAGE = 'docs/events.md'
const CODE = 'packages/contracts/src/event-kinds.ts'

export function checkEventKinds(root: string): string[] {
  const { rows } = readPage(PAGE, readText(root, PAGE) ?? '')
  const listed = rows.flatMap(({ cells: [first = '', sentence = ''], line }) => {
    const kind = /^`([a-z_]+\.[a-z_]+)`$/.exec(first)?.[1]
    return kind === undefined ? [] : [{ kind, sentence, line }]
  })
  const known = new Map<string, string>(Object.entries(EVENT_KINDS))
  const unlisted = [...known].filter(([kind]) => !listed.some((row) => row.kind === kind))
  return [
    ...unlisted.map(([kind]) => `${PAGE} does not list ${kind}.`),
    ...listed.flatMap(({ kind, sentence, line }, at) => {
      if (!known.has(kind)) return [`${PAGE}:${line} lists ${kind}, which is not in ${CODE}.`]
      if (listed.findIndex((row) => row.kind === kind) < at)
        return [`${PAGE}:${line} lists ${kind} a second time.`]
      return sentence === known.get(kind)
        ? []
        : [`${PAGE}:${line}: the sentence of ${kind} is "${known.get(kind)}".`]
    }),
  ]
}

if (import.meta.main) await report(checkEventKinds)
