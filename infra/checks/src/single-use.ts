// Every single-use secret and every counter is in the registry, changes by a guarded statement that is where the registry
// says, and has a race test that exists.

import { literal } from './docs/literal.ts'
import { houseFiles, readText } from './house-files.ts'
import { report } from './report.ts'
import type { SingleUse } from './single-use/entry.ts'
import { REGISTRY } from './single-use/registry.ts'
import { changesIn } from './single-use/sql-changes.ts'

const HOLDS_SQL = /^services\/[^/]+\/src\/.*\.ts$|^packages\/[^/]+\/src\/.*\.(?:store\.ts|sql)$/

export function checkSingleUse(root: string, registry: readonly SingleUse[] = REGISTRY): string[] {
  const files = houseFiles(root).filter((file) => HOLDS_SQL.test(file))
  return [
    ...registry.flatMap((entry) => entryFaults(entry, root)),
    ...files.flatMap((file) => storeFaults(file, readText(root, file) ?? '', registry)),
    ...staleColumns(root, registry),
  ]
}

function entryFaults({ name, statement, race }: SingleUse, root: string): string[] {
  const store = readText(root, statement.file)
  const test = readText(root, race.file)
  const hasFunction = new RegExp(`\\bfunction\\s+${statement.function}\\b`, 'i').test(store ?? '')
  const hasTest = new RegExp(`\\.test\\(\\s*['"\`]${literal(race.title)}['"\`]`).test(test ?? '')
  return [
    ...(hasFunction
      ? []
      : [
          `The registry says that ${statement.function} of ${statement.file} changes "${name}"; it is not there.`,
        ]),
    ...(hasTest
      ? []
      : [`"${name}" has no race test: write '${race.title}' in ${race.file}, or correct the registry.`]),
  ]
}

function storeFaults(file: string, text: string, registry: readonly SingleUse[]): string[] {
  const changes = changesIn(text)
  const columns = [...new Set(changes.map(({ column }) => column))]
  return [
    ...(/\.updateTable\(/.test(text)
      ? [`${file}: write the update as SQL text, so that the registry's check can read it.`]
      : []),
    ...changes
      .filter(({ isGuarded }) => !isGuarded)
      .map(
        ({ column }) =>
          `${file} sets ${column} without asking that it is NULL: the second who comes would win too.`,
      ),
    ...columns.flatMap((column) => {
      const made = changes.filter((change) => change.column === column).length
      const listed = registry.filter(
        ({ statement, columns }) => statement.file === file && columns.includes(column),
      ).length
      if (made <= listed) return []
      return [
        `${file} changes ${column} in ${made} statements, of which the registry lists ${listed}: add the rest to infra/checks/src/single-use/registry.ts, each with its race test.`,
      ]
    }),
  ]
}

/** Columns of an entry that its file no longer changes. */
function staleColumns(root: string, registry: readonly SingleUse[]): string[] {
  return registry.flatMap(({ name, columns, statement }) => {
    const made = new Set(changesIn(readText(root, statement.file) ?? '').map(({ column }) => column))
    return columns
      .filter((column) => !made.has(column))
      .map(
        (column) => `The registry says that ${statement.file} changes ${column} for "${name}"; it does not.`,
      )
  })
}

if (import.meta.main) await report(checkSingleUse)
