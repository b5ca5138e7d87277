// Request validation: bodies, headers and path parameters as they are, query strings with their own coercing compiler.
// A refusal names the field and the problem, never the value.

import type { ErrorObject } from 'ajv'
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify'
import { AppError } from '../app-error.ts'
import { coercingAjv, strictAjv } from './strict-ajv.ts'

/** The compiler for every part of a request. @throws for a schema that strict mode doubts */
export const compileValidator: FastifySchemaCompiler<unknown> = ({ schema, httpPart }) =>
  (httpPart === 'querystring' ? coercingAjv() : strictAjv()).compile(schema as Record<string, unknown>)

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
  return segments.map(shownName)
}

export const shownName = (name: string): string => (NAME.test(name) || /^\d{1,4}$/.test(name) ? name : '*')
