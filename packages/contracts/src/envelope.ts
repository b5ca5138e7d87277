// The envelope around every answer that no outside standard shapes.

import { type Static, type TSchema, Type } from 'typebox'
import { ERROR_CODES, type ErrorCode } from './error-codes.ts'

export const Meta = Type.Object({
  timestamp: Type.String({ format: 'date-time' }),
  request_id: Type.String({ format: 'uuid' }),
  secrets_withheld: Type.Optional(Type.Boolean()),
})

const codes = Object.keys(ERROR_CODES) as ErrorCode[]

export const ErrorBody = Type.Object({
  code: Type.Enum(codes),
  message: Type.String(),
  details: Type.Optional(Type.Array(Type.Record(Type.String(), Type.Unknown()))),
})

export const ErrorEnvelope = Type.Object(
  { success: Type.Literal(false), data: Type.Null(), error: ErrorBody, meta: Meta },
  { $id: 'ErrorEnvelope', description: 'What every refused request answers.' },
)
export type ErrorEnvelope = Static<typeof ErrorEnvelope>

/** Wraps the schema of an answer's `data` into the success envelope. */
export function envelope<S extends TSchema>(data: S) {
  return Type.Object({ success: Type.Literal(true), data, error: Type.Null(), meta: Meta })
}
