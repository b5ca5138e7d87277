// GET /calls?provider=&delivery_id=&limit=: the ledger, oldest call first; with a limit the newest of them.

import { Type } from 'typebox'
import type { TypedApp } from '../http/typed-app.ts'
import type { Ledger } from './ledger.ts'

const CallsQuery = Type.Object(
  {
    provider: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
    delivery_id: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,5}$' })),
  },
  { additionalProperties: false },
)

export async function listCallsRoute(app: TypedApp, { ledger }: { readonly ledger: Ledger }): Promise<void> {
  app.get('/calls', { schema: { querystring: CallsQuery } }, async (request) => {
    const { limit, ...filter } = request.query
    return ledger.list(limit === undefined ? filter : { ...filter, limit: Number(limit) })
  })
}
