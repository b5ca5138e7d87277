// Whether a value has the form that a schema gives it: jobs, payloads, settings. They are read as strictly as requests, by
// the same validator. A form is compiled when the first value is held to it: a process meets few of those it knows.

import type { ErrorObject, ValidateFunction } from 'ajv'
import type { Static, TSchema } from 'typebox'
import { strictAjv } from './http/strict-ajv.ts'

export type Complaint = ErrorObject

export interface Form<T extends TSchema> {
  fits(value: unknown): value is Static<T>
  /** The first complaint; undefined: it fits. Its paths and `params` may hold names that are not ours, but no value. */
  complaint(value: unknown): Complaint | undefined
}

/** @param schema a constant: what was compiled for it is kept as long as the process lives */
export function formOf<T extends TSchema>(schema: T): Form<T> {
  let compiled: ValidateFunction | undefined
  const check = (value: unknown) => {
    compiled ??= strictAjv().compile(schema)
    return compiled(value)
  }
  return {
    fits: (value): value is Static<T> => check(value),
    complaint: (value) => (check(value) ? undefined : compiled?.errors?.[0]),
  }
}
