// The inputs of a statement over a set, as rows: one SQL text serves one input and sixty-four.

import { type RawBuilder, sql } from 'kysely'

export type InputType = 'uuid' | 'text' | 'bytea' | 'boolean' | 'smallint' | 'integer' | 'timestamptz'

/** For each column its type and where an input has its value. */
export type InputColumns<I> = Readonly<Record<string, readonly [type: InputType, of: (input: I) => unknown]>>

/** A query of one row an input: its columns, and its place `n` among the inputs, counted from 1. */
export function inputRows<I>(inputs: readonly I[], columns: InputColumns<I>): RawBuilder<unknown> {
  const names = sql.join(Object.keys(columns).map((name) => sql.id(name)))
  const arrays = Object.values(columns).map(([type, of]) => sql`${inputs.map(of)}::${sql.raw(type)}[]`)
  return sql`SELECT ${names}, n::integer AS n FROM unnest(${sql.join(arrays)}) WITH ORDINALITY AS input (${names}, n)`
}
