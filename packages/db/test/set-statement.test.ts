// A statement over sets is built once; whose it is and what it is about is put in for each trip.

import { Kysely, PostgresDialect, sql } from 'kysely'
import t from 'tap'
import {
  assertOwn,
  boundTo,
  inputRows,
  ofRiders,
  type Rider,
  type SetStatement,
} from '../src/set-statement.ts'
import { A, B } from './fixtures/rows.ts'

const pool = () => Promise.reject(new Error('nothing is asked here'))
const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })

interface Named {
  name: string
  marks: number[]
}

const rider = (name: string, marks: number[] = [], requestId: string | null = null): Rider<Named> => ({
  input: { name, marks },
  requestId,
  traceparent: `trace of ${name}`,
})

function counted() {
  const built: string[] = []
  const statement: SetStatement<Named, object> = {
    tenantOf: () => A,
    keys: () => [],
    locks: false,
    build(tenantId) {
      built.push(tenantId)
      const marks = ofRiders<Named>((all) => all.flatMap(({ input }) => input.marks))
      const rows = inputRows<Named>('ask', { name: ['text', ({ name }) => name] })
      return sql`SELECT n FROM ${rows} WHERE ${tenantId} <> ${'a constant'} AND n = ANY (${marks}) AND ${tenantId} IS NOT NULL`
    },
  }
  const bound = (tenantId: string, riders: Rider<Named>[]) =>
    boundTo(statement, riders, tenantId, (query) => query.compile(db))
  return { built, bound }
}

t.test('each trip has its own tenant and its own riders, in one text that is built once', async (t) => {
  const { built, bound } = counted()
  const first = bound(A, [rider('ada', [1, 2], 'request-1'), rider('bo', [3])])
  const second = bound(B, [rider('cy')])
  t.same(first.parameters, [
    ['ada', 'bo'],
    ['request-1', null],
    ['trace of ada', 'trace of bo'],
    A,
    'a constant',
    [1, 2, 3],
    A,
  ])
  t.same(second.parameters, [['cy'], [null], ['trace of cy'], B, 'a constant', [], B])
  t.equal(first.sql, second.sql)
  t.equal(built.length, 1)
  t.notOk(
    first.sql.includes(built[0] ?? '') || [...first.parameters, ...second.parameters].includes(built[0]),
    'what stands for the tenant goes nowhere',
  )
  t.same(bound(A, [rider('ada', [1, 2], 'request-1'), rider('bo', [3])]).parameters, first.parameters)
})

t.test('statements are apart, also where their text is the same', async (t) => {
  const [one, other] = [counted(), counted()]
  one.bound(A, [rider('ada')])
  other.bound(A, [rider('bo')])
  t.same([one.built.length, other.built.length], [1, 1])
})

t.test('riders that are given are put in at once', async (t) => {
  const rows = inputRows<Named>('ask', { name: ['text', ({ name }) => name] }, [rider('ada')])
  const { parameters } = sql`SELECT * FROM ${rows}`.compile(db)
  t.same(parameters, [['ada'], [null], ['trace of ada']])
})

t.test('an input of another tenant is refused', async (t) => {
  const statement: SetStatement<{ tenantId: string }, object> = {
    tenantOf: ({ tenantId }) => tenantId,
    keys: () => [],
    locks: false,
    build: () => sql`SELECT 1 AS n`,
  }
  t.doesNotThrow(() => assertOwn(statement, { tenantId: A }, A))
  t.throws(() => assertOwn(statement, { tenantId: B }, A))
})

t.test(
  'a statement that makes a text of its tenant is refused: it would be that of all tenants',
  async (t) => {
    const build = (tenantId: string) => sql<{ n: number }>`SELECT 1 AS n WHERE ${`lock:${tenantId}`} <> ''`
    const raw = (tenantId: string) => sql<{ n: number }>`SELECT 1 AS n WHERE '${sql.raw(tenantId)}' <> ''`
    for (const each of [build, raw]) {
      const statement: SetStatement<Named, object> = {
        tenantOf: () => A,
        keys: () => [],
        locks: false,
        build: each,
      }
      t.throws(() => boundTo(statement, [rider('ada')], A, (query) => query.compile(db)))
    }
  },
)
