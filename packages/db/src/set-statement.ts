// Statements over sets: one SQL text that serves one input or many, so that inputs which wait anyway can share a
// transaction. Each input stays its own request: its id and its trace stand beside it.

import { type CompiledQuery, type RawBuilder, sql } from 'kysely'

/** One input with the request that brought it. Events must be written with these two: the transaction has no request. */
export interface Rider<I> {
  readonly input: I
  readonly requestId: string | null
  readonly traceparent: string | null
}

/** Make it once, as a constant of its store: inputs gather by the statement's identity. */
export interface SetStatement<I, R> {
  /**
   * The statement over all riders, built once: their values are put in when they leave (`inputRows`, `ofRiders`), the tenant
   * too, for which `tenantId` only stands. Exactly one row answers each, with its place `n` counted from 1. What it refuses to
   * an input is told in that input's row: an error undoes the neighbours' work and costs everybody a second try.
   */
  build(tenantId: string): RawBuilder<R & { n: number | string }>
  /** Whose the input is: it rides in its tenant's transactions alone. */
  tenantOf(input: I): string
  /** What the input changes. Two that share a key never ride together: a statement does not see what itself changed. */
  keys(input: I): readonly string[]
  /**
   * Whether the keys are also locked (advisory, until the transaction ends, before the statement looks at the data), so
   * that those of other processes wait as well. Keys are shared by all tenants and statements: put both into them.
   */
  readonly locks: boolean
  /**
   * Nobody waits for the answer in person: all who are there ride together, and whoever comes in the same turn of the event
   * loop. Fewer and larger groups cost both sides less, where answers a moment sooner are worth nothing.
   */
  readonly isPatient?: boolean
}

type SqlType = 'uuid' | 'text' | 'bytea' | 'boolean' | 'integer' | 'smallint' | 'timestamptz' | 'jsonb'
/** The columns of an input's row: by name, the type in Postgres and where its value comes from. */
export type InputColumns<I> = Readonly<Record<string, readonly [type: SqlType, of: (input: I) => unknown]>>

/** Stands for the tenant in a statement that is built; no id looks like it. */
const TENANT = 'the tenant of the trip'

/** Stands for a value of the riders in a statement that is built. */
class Later {
  readonly of: (riders: readonly Rider<never>[]) => unknown

  constructor(of: (riders: readonly Rider<never>[]) => unknown) {
    this.of = of
  }
}

/** A parameter that is made of the riders: when they leave, or at once where they are given. */
export const ofRiders = <I>(
  of: (riders: readonly Rider<I>[]) => unknown,
  riders?: readonly Rider<I>[],
): RawBuilder<unknown> => sql`${riders === undefined ? new Later(of) : of(riders)}`

/**
 * The riders as rows, for a FROM: the columns named, and `request_id`, `traceparent` and `n` (bigint, from 1).
 * `alias` names the rows. `riders` are given where the statement is not one over sets.
 */
export function inputRows<I>(
  alias: string,
  columns: InputColumns<I>,
  riders?: readonly Rider<I>[],
): RawBuilder<unknown> {
  const arrayOf = (type: SqlType, of: (rider: Rider<I>) => unknown) =>
    sql`${ofRiders<I>((all) => all.map(of), riders)}::${sql.raw(type)}[]`
  const arrays = Object.values(columns).map(([type, of]) => arrayOf(type, ({ input }) => of(input)))
  arrays.push(
    arrayOf('uuid', ({ requestId }) => requestId),
    arrayOf('text', ({ traceparent }) => traceparent),
  )
  const names = [...Object.keys(columns), 'request_id', 'traceparent', 'n'].map((name) => sql.ref(name))
  return sql`unnest(${sql.join(arrays)}) WITH ORDINALITY AS ${sql.ref(alias)} (${sql.join(names)})`
}

const built = new WeakMap<object, CompiledQuery>()

/** @throws Error where the input is another tenant's: the statement would work on the tenant of the transaction */
export function assertOwn<I, R>(statement: SetStatement<I, R>, input: I, tenantId: string): void {
  if (statement.tenantOf(input) !== tenantId)
    throw new Error('An input rides in its own tenant’s transactions alone.')
}

/** The statement for these riders of one tenant. Building and compiling it is done once for all trips. */
export function boundTo<I, R>(
  statement: SetStatement<I, R>,
  riders: readonly Rider<I>[],
  tenantId: string,
  compile: (query: RawBuilder<unknown>) => CompiledQuery,
): CompiledQuery<R & { n: number | string }> {
  let query = built.get(statement)
  if (query === undefined) {
    query = compile(statement.build(TENANT))
    assertReplaceable(query)
    built.set(statement, query)
  }
  const parameters = query.parameters.map((value) => {
    if (value === TENANT) return tenantId
    return value instanceof Later ? value.of(riders as readonly Rider<never>[]) : value
  })
  return { ...query, parameters } as CompiledQuery<R & { n: number | string }>
}

/** What stands for the tenant must be a parameter by itself: within a text it would be the same for all tenants. */
function assertReplaceable({ sql: text, parameters }: CompiledQuery): void {
  const texts = [text, ...parameters.filter((value) => value !== TENANT)]
  if (texts.some((value) => typeof value === 'string' && value.includes(TENANT)))
    throw new Error('A statement over sets must give its tenant as a parameter of its own.')
}

/**
 * Each rider's row, in the riders' order and without its place.
 * @throws Error when the statement did not answer each rider exactly once
 */
export function answersOf<R>(rows: readonly (R & { n: number | string })[], riders: number): R[] {
  const answers = new Map<number, R>()
  for (const { n, ...row } of rows) answers.set(Number(n), row as R)
  const inOrder = Array.from({ length: riders }, (_, at) => answers.get(at + 1))
  const found = inOrder.filter((row) => row !== undefined)
  if (rows.length === riders && found.length === riders) return found
  throw new Error('A statement over sets must answer each of its inputs once.')
}

/** Keys in the one order in which everybody locks them. */
export const lockOrder = (keys: Iterable<string>): string[] => [...new Set(keys)].sort()
