// Lists: `limit` 50 unless told, at most 200; cursors are opaque and stable under writes.

import { type TSchema, Type } from 'typebox'

export const PageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
}

/** The `data` of a list answer. */
export function page<S extends TSchema>(item: S) {
  return Type.Object({
    items: Type.Array(item),
    next_cursor: Type.Union([Type.String(), Type.Null()]),
  })
}
