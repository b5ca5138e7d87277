// The types of the tables say what the database says: the same tables for each role, the same columns, null where it
// may be null, and left out on insert only where the database fills it in.

import { EVENT_KINDS, EVENT_OUTCOMES } from '@postern/contracts/event-kinds'
import { testDatabase } from '@postern/testkit/postgres'
import type { Client } from 'pg'
import t from 'tap'
import { connect, type TestScope } from './fixtures/connect.ts'
import { type Field, interfacesIn } from './fixtures/table-interfaces.ts'

interface Column {
  table: string
  name: string
  type: string
  nullable: boolean
  fallback: boolean
}

async function setup(t: TestScope) {
  const urls = await testDatabase(t)
  const admin = await connect(t, urls.adminUrl)
  const tables = await interfacesIn('tables')
  const databases = await interfacesIn('databases')
  return { admin, tables, databases }
}

async function columnsOf(admin: Client): Promise<Column[]> {
  const { rows } = await admin.query<Column>(
    `SELECT table_name AS table, column_name AS name, udt_name AS type, is_nullable = 'YES' AS nullable,
            column_default IS NOT NULL AS fallback
       FROM information_schema.columns
      WHERE table_schema = 'public' AND table_name NOT LIKE 'kysely%' ORDER BY ordinal_position`,
  )
  return rows
}

/** What a written type says: what is read, whether it may be null, and whether an insert may leave it out. */
function meaning({ type }: Field) {
  const [, wrapper, inner] = /^(Generated|ColumnType)<(.*)>$/.exec(type) ?? [undefined, undefined, type]
  const read = wrapper === 'ColumnType' ? (inner ?? '').split(',')[0] : inner
  const parts = (read ?? '').split('|')
  return {
    nullable: parts.includes('null'),
    left: wrapper !== undefined,
    base: parts.filter((part) => part !== 'null').join('|'),
  }
}

/** How pg hands over a column; a union of literals or a named union is a narrower string. */
const READ_AS: Record<string, RegExp> = {
  uuid: /^string$/,
  text: /^(string|'.*'|DeliveryStatus|AttemptOutcome)$/,
  _text: /^string\[\]$/,
  bytea: /^Buffer$/,
  int2: /^number$/,
  int4: /^number$/,
  int8: /^string$/,
  bool: /^boolean$/,
  jsonb: /^(Record<string,\w+>|unknown)$/,
  timestamptz: /^Date$/,
}

t.test('each table’s type names exactly its columns, with their types and nulls', async (t) => {
  const { admin, tables, databases } = await setup(t)
  const typeOf = new Map([...databases.values()].flat().map((field) => [field.name, field.type]))
  const columns = await columnsOf(admin)
  const names = [...new Set(columns.map((column) => column.table))]
  t.same([...typeOf.keys()].sort(), names.sort(), 'every table has a type')
  t.same([...new Set(typeOf.values())].sort(), [...tables.keys()].sort(), 'every type has a table')
  for (const table of names) {
    const fields = tables.get(typeOf.get(table) ?? '') ?? []
    const found = columns.filter((column) => column.table === table)
    t.same(
      fields.map((field) => field.name),
      found.map((column) => column.name),
      `${table}: columns in order`,
    )
    for (const column of found) {
      const field = fields.find((candidate) => candidate.name === column.name)
      if (!field) continue
      const { nullable, left, base } = meaning(field)
      const where = `${table}.${column.name}`
      t.match(base, READ_AS[column.type] ?? /^unheard of$/, `${where} is ${column.type}`)
      t.equal(nullable, column.nullable, `${where} null`)
      if (left) t.ok(column.fallback, `${where} may be left out of an insert`)
    }
  }
})

t.test('each service’s database type names exactly the tables its role is granted', async (t) => {
  const { admin, databases } = await setup(t)
  for (const service of ['Gateway', 'Notifier', 'Audit']) {
    const { rows } = await admin.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
          AND has_any_column_privilege($1, c.oid, 'SELECT, INSERT, UPDATE') ORDER BY 1`,
      [`postern_${service.toLowerCase()}`],
    )
    const named = databases.get(`${service}Database`)?.map((field) => field.name) ?? []
    t.same(named.sort(), rows.map((row) => row.name).sort(), service)
  }
})

/** The literals of a column's CHECK … IN (…). */
async function allowed(admin: Client, table: string, column: string): Promise<string[]> {
  const { rows } = await admin.query<{ text: string }>(
    `SELECT pg_get_constraintdef(k.oid) AS text FROM pg_constraint k JOIN pg_attribute a
         ON a.attrelid = k.conrelid AND k.conkey = ARRAY[a.attnum]
      WHERE k.conrelid = $1::regclass AND k.contype = 'c' AND a.attname = $2`,
    [table, column],
  )
  return [...(rows[0]?.text ?? '').matchAll(/'([^']+)'::text/g)].map((match) => match[1] ?? '').sort()
}

t.test('the outbox takes exactly the kinds and outcomes of the contracts', async (t) => {
  const { admin } = await setup(t)
  t.same(await allowed(admin, 'outbox', 'kind'), Object.keys(EVENT_KINDS).sort())
  t.same(await allowed(admin, 'outbox', 'outcome'), [...EVENT_OUTCOMES].sort())
})

const PRECIOUS =
  /digest|secret|token|payload|code|version|fence|key$|prefix|scopes|expires|ttl|redirect|audience|price|amount|cost|quota|sends|decoy/
// Counters of the row itself, which begin at nought for every row.
const COUNTERS = ['deliveries.fence', 'identifier_guards.message_sends', 'identifier_guards.verify_sends']

t.test('no column that holds a secret, a right, a limit or money fills itself in', async (t) => {
  const { admin } = await setup(t)
  const columns = await columnsOf(admin)
  const precious = columns.filter((column) => PRECIOUS.test(column.name))
  t.ok(precious.length >= 25, `${precious.length} columns looked at`)
  const filled = precious
    .filter((column) => column.fallback)
    .map((column) => `${column.table}.${column.name}`)
  t.same(filled.sort(), COUNTERS)
})
