// Whether a value has the form that a schema gives it: jobs, payloads, settings. They are read as strictly as requests, by
// the same validator. A form is compiled when the first value is held to it: a process meets few of those it knows.

import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Static, TSchema } from 'typebox'
import { assertSchema, strictAjv } from './http/strict-ajv.ts'

export type Complaint = ErrorObject

export interface Form<T extends TSchema> {
  fits(value: unknown): value is Static<T>
  /** The first complaint; undefined: it fits. Its paths and `params` may hold names that are not ours, but no value. */
  complaint(value: unknown): Complaint | undefined
}

const forms = new Map<TSchema, Form<TSchema>>()

/** @param schema a constant: its form is kept as long as the process lives */
export function formOf<T extends TSchema>(schema: T): Form<T> {
  const known = forms.get(schema) ?? newForm(schema)
  forms.set(schema, known)
  return known as Form<T>
}

/** Compiles every form there is and holds its schema to JSON Schema. @throws for one that is in doubt */
export function compileForms(): void {
  for (const [schema, form] of forms) {
    assertSchema(schema)
    form.fits(undefined)
  }
}

function newForm(schema: TSchema): Form<TSchema> {
  let compiled: ValidateFunction | undefined
  const check = (value: unknown) => {
    compiled ??= strictAjv().compile(schema)
    return compiled(value)
  }
  return {
    fits: (value): value is never => check(value),
    complaint: (value) => (check(value) ? undefined : compiled?.errors?.[0]),
  }
}
