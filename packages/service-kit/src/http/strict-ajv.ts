// The validator that all schemas go through. It doubts a schema rather than guess what is meant, and changes no value.

import { Ajv, type AnySchema, type Options } from 'ajv'
import { addOurFormats } from './formats.ts'

const STRICT: Options = {
  strict: true,
  strictTypes: true,
  strictTuples: true,
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: false,
  allErrors: false,
  ownProperties: true,
  // Reading the schema of schemas takes as long as compiling twenty of ours: see assertSchema.
  validateSchema: false,
}

let strict: Ajv | undefined
let coercing: Ajv | undefined

/** One a process: it keeps what it compiled, so a schema is compiled once, however many ask. */
export function strictAjv(): Ajv {
  strict ??= withFormats(STRICT)
  return strict
}

/** For query strings, which hold nothing but texts: numbers and booleans are read from them, defaults filled in. */
export function coercingAjv(): Ajv {
  coercing ??= withFormats({ ...STRICT, coerceTypes: true, useDefaults: true })
  return coercing
}

/** Holds a schema to JSON Schema itself, which tests do for all of ours. @throws when it is none */
export function assertSchema(schema: AnySchema): void {
  void strictAjv().validateSchema(schema, true)
}

function withFormats(options: Options): Ajv {
  const ajv = new Ajv(options)
  addOurFormats(ajv)
  return ajv
}
