// GET /calls?provider=&delivery_id=: the ledger, oldest call first.

import { Type } from 'typebox'
import type { TypedApp } from '../http/typed-app.ts'
import type { Ledger } from './ledger.ts'

const CallsQuery = Type.Object(
  {
    provider: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
    delivery_id: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  },
  { additionalProperties: false },
)

export async function listCallsRoute(app: TypedApp, { ledger }: { readonly ledger: Ledger }): Promise<void> {
  app.get('/calls', { schema: { querystring: CallsQuery } }, async (request) => ledger.list(request.query))
}
