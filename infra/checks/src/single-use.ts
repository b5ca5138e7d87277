// Every single-use secret and every counter is in the registry, changes by a guarded statement that is where the registry
// says, and has a race test that exists and starts many at once. What the tables hold is asked too, not only the code.

import { houseFiles, readText } from './house-files.ts'
import { report } from './report.ts'
import type { SingleUse } from './single-use/entry.ts'
import { startsMany, testTitled } from './single-use/race-test.ts'
import { REGISTRY, WRITTEN_ONCE } from './single-use/registry.ts'
import { columnsOf, isSecret, isSingleUse } from './single-use/schema.ts'
import { type Change, changesIn } from './single-use/sql-changes.ts'

const LIST = 'infra/checks/src/single-use/registry.ts'
const MIGRATION = /^packages\/db\/src\/migrations\/.*\.sql$/
const HOLDS_SQL = /^services\/[^/]+\/src\/.*\.ts$|^packages\/[^/]+\/src\/.*\.(?:store\.ts|sql)$/

export function checkSingleUse(root: string, registry: readonly SingleUse[] = REGISTRY): string[] {
  const files = houseFiles(root).filter((file) => HOLDS_SQL.test(file))
  return [
    ...registry.flatMap((entry) => entryFaults(entry, root)),
    ...files.flatMap((file) => storeFaults(file, readText(root, file) ?? '', registry)),
    ...files
      .filter((file) => MIGRATION.test(file))
      .flatMap((file) => schemaFaults(file, readText(root, file) ?? '', registry)),
    ...staleColumns(root, registry),
  ]
}

function entryFaults({ name, statement, race }: SingleUse, root: string): string[] {
  const store = readText(root, statement.file)
  const hasFunction = new RegExp(`\\bfunction\\s+${statement.function}\\b`, 'i').test(store ?? '')
  return [
    ...(hasFunction
      ? []
      : [
          `The registry says that ${statement.function} of ${statement.file} changes "${name}"; it is not there.`,
        ]),
    ...raceFaults({ name, race }, root),
  ]
}

function raceFaults({ name, race }: Pick<SingleUse, 'name' | 'race'>, root: string): string[] {
  const textOf = (file: string) => readText(root, file)
  const test = testTitled(textOf(race.file) ?? '', race.title)
  if (test === undefined)
    return [`"${name}" has no race test: write '${race.title}' in ${race.file}, or correct the registry.`]
  if (startsMany(test, race.file, textOf)) return []
  return [`'${race.title}' in ${race.file} is no race: let it start many at once (Promise.all).`]
}

/** What the tables hold, whether or not some statement was understood to change it. */
function schemaFaults(file: string, text: string, registry: readonly SingleUse[]): string[] {
  const listed = new Set(registry.flatMap(({ columns }) => columns))
  const tables = new Set([...listed].map((column) => column.split('.')[0]))
  return columnsOf(text).flatMap((column) => {
    if (isSingleUse(column) && !listed.has(column.column) && !(column.column in WRITTEN_ONCE)) {
      return [
        `${file}: ${column.column} marks what happened once, or counts, and no entry of ${LIST} changes it: list what does, with its race test.`,
      ]
    }
    if (isSecret(column) && !tables.has(column.column.split('.')[0])) {
      return [
        `${file}: ${column.column} is a secret's, and ${LIST} lists nothing of its table: list how the secret is spent or ended, with its race test.`,
      ]
    }
    return []
  })
}

function storeFaults(file: string, text: string, registry: readonly SingleUse[]): string[] {
  const changes = changesIn(text)
  const columns = [...new Set(changes.map(({ column }) => column))]
  return [
    ...(/\.updateTable\(/.test(text)
      ? [`${file}: write the update as SQL text, so that the registry's check can read it.`]
      : []),
    ...changes.filter(({ isGuarded }) => !isGuarded).map((change) => unguarded(file, change)),
    ...columns.flatMap((column) => {
      const made = changes.filter((change) => change.column === column).length
      const listed = registry.filter(
        ({ statement, columns }) => statement.file === file && columns.includes(column),
      ).length
      if (made <= listed) return []
      return [
        `${file} changes ${column} in ${made} statements, of which the registry lists ${listed}: add the rest to ${LIST}, each with its race test.`,
      ]
    }),
  ]
}

const unguarded = (file: string, { column, kind }: Change): string =>
  kind === 'forward'
    ? `${file} moves ${column} without asking that it was less: the same one would be taken twice.`
    : `${file} sets ${column} without asking that it is NULL: the second who comes would win too.`

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
