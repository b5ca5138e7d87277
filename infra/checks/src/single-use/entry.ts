// What the registry says of one thing that may happen once, or that counts.

export interface SingleUse {
  /** What may be spent or counted. */
  readonly name: string
  /** What must hold, whoever races. */
  readonly holds: string
  /** `table.column` that the statement marks or counts up; empty where a row's coming or going decides. */
  readonly columns: readonly string[]
  /** Where the guarded statement is: a function of a store, or of the database. */
  readonly statement: { readonly file: string; readonly function: string }
  readonly race: { readonly file: string; readonly title: string }
}
