// Fields that several bodies share.

import { type TSchema, Type } from 'typebox'

export const Uuid = Type.String({ format: 'uuid' })
export const Instant = Type.String({ format: 'date-time', description: 'RFC 3339 in UTC' })
export const Nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])
/** A language tag (BCP 47). */
export const Locale = Type.String({ pattern: '^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$', maxLength: 35 })
export const IdParams = Type.Object({ id: Uuid }, { additionalProperties: false })

/** Free facts of the client, kept as they are: at most 20 short strings. */
export const Metadata = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' }),
  Type.String({ maxLength: 512 }),
  { maxProperties: 20, additionalProperties: false },
)
