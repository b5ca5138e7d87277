// Request validation: bodies, headers and path parameters as they are, query strings with their own coercing compiler.
// A refusal names the field and the problem, never the value.

import { Ajv, type ErrorObject, type Options } from 'ajv'
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import { AppError } from '../app-error.ts'
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

/** The compiler for every part of a request. Schemas that strict mode doubts stop the start. */
export function createValidatorCompiler(): FastifySchemaCompiler<unknown> {
  const strict = new Ajv(STRICT)
  const coercing = new Ajv({ ...STRICT, coerceTypes: true, useDefaults: true })
  addOurFormats(strict)
  addOurFormats(coercing)
  return ({ schema, httpPart }) =>
    (httpPart === 'querystring' ? coercing : strict).compile(schema as Record<string, unknown>)
}

const PARTS: Record<string, string> = { querystring: 'query' }

/** Turns the first complaints of the validator into VALIDATION_FAILED. */
export function formatValidationErrors(errors: FastifySchemaValidationError[], part: string): AppError {
  const details = (errors as unknown as ErrorObject[]).slice(0, 5).map((error) => ({
    path: [PARTS[part] ?? part, ...pathOf(error)].join('.'),
    problem: error.keyword === 'additionalProperties' ? 'is not known' : (error.message ?? 'is not valid'),
  }))
  return new AppError('VALIDATION_FAILED', { reason: details[0]?.problem ?? 'invalid', details })
}

/** Names that a client made up are shown only when they look like names: a secret may have slipped into one. */
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,31}$/

function pathOf(error: ErrorObject): string[] {
  const segments = error.instancePath.split('/').slice(1)
  if (error.keyword === 'additionalProperties') segments.push(String(error.params.additionalProperty))
  if (error.keyword === 'required') segments.push(String(error.params.missingProperty))
  return segments.map((segment) => (NAME.test(segment) || /^\d{1,4}$/.test(segment) ? segment : '*'))
}
