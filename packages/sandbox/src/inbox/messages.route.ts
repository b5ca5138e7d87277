// GET and DELETE /inbox/messages: what the doubles accepted, newest first.

import { CHANNELS } from '@postern/contracts/sender'
import { Type } from 'typebox'
import type { TypedApp } from '../http/typed-app.ts'
import type { Inbox } from './inbox.ts'

const MessagesQuery = Type.Object(
  {
    to: Type.Optional(Type.String({ minLength: 1, maxLength: 320 })),
    channel: Type.Optional(Type.Enum([...CHANNELS])),
    limit: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,5}$' })),
  },
  { additionalProperties: false },
)

export async function messagesRoute(app: TypedApp, { inbox }: { readonly inbox: Inbox }): Promise<void> {
  app.get('/inbox/messages', { schema: { querystring: MessagesQuery } }, async (request) => {
    const { limit, ...filter } = request.query
    return inbox.list(limit === undefined ? filter : { ...filter, limit: Number(limit) })
  })
  app.delete('/inbox/messages', async () => ({ removed: inbox.clear() }))
}
