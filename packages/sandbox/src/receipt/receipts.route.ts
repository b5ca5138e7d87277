// POST /receipts: a vendor tells the gateway what became of messages; answered when the gateway has answered everything.
// GET /receipts: what was told, newest first.

import { Type } from 'typebox'
import type { TypedApp } from '../http/typed-app.ts'
import { CannotTell } from '../vendor/vendor-webhook.ts'
import { ReceiptsBody, severalOf } from './receipt.ts'
import { type ReceiptDeps, sendReceipts } from './send-receipts.ts'

const ListQuery = Type.Object(
  { limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,5}$' })) },
  { additionalProperties: false },
)

export async function receiptsRoute(app: TypedApp, deps: ReceiptDeps): Promise<void> {
  app.post('/receipts', { schema: { body: ReceiptsBody } }, async (request, reply) => {
    try {
      return { receipts: await sendReceipts(deps, severalOf(request.body)) }
    } catch (cause) {
      if (!(cause instanceof CannotTell)) throw cause
      return await reply.code(400).send({ error: { message: cause.message } })
    }
  })
  app.get('/receipts', { schema: { querystring: ListQuery } }, async (request) => {
    const newest = deps.told.oldestFirst().reverse()
    return newest.slice(0, Number(request.query.limit ?? newest.length))
  })
}
