// The validator that all schemas go through. It doubts a schema rather than guess what is meant, and changes no value.

import { Ajv, type Options } from 'ajv'
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

function withFormats(options: Options): Ajv {
  const ajv = new Ajv(options)
  addOurFormats(ajv)
  return ajv
}
