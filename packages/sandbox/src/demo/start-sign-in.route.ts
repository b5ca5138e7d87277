// POST /demo/sign-ins {to, method}: asks the gateway for a magic link that leads back to this demo, or for a code.

import { Type } from 'typebox'
import type { TypedApp } from '../http/typed-app.ts'
import type { DemoDeps } from './demo.ts'
import { channelOf } from './sign-in.store.ts'

const StartBody = Type.Object(
  { to: Type.String({ minLength: 1, maxLength: 254 }), method: Type.Enum(['link', 'code']) },
  { additionalProperties: false },
)

export async function startSignInRoute(app: TypedApp, deps: DemoDeps): Promise<void> {
  const { client, random, clock, signIns, publicUrl } = deps
  app.post('/demo/sign-ins', { schema: { body: StartBody } }, async (request, reply) => {
    const { to, method } = request.body
    const id = random.uuid()
    const started_at = clock.now().toISOString()
    const issued = await (method === 'code'
      ? client.issueOtp(channelOf(to), to)
      : // A path and no query: the tenant allows redirects by origin and path prefix.
        client.issueMagicLink(to, `${publicUrl()}/callback/${id}`))
    if (!issued.ok) return await reply.code(502).send({ problem: issued.problem })
    signIns.add({
      id,
      method,
      to,
      challenge_id: issued.data.id,
      delivery_id: issued.data.delivery.id,
      expires_at: issued.data.expires_at,
      started_at,
      signed_in: null,
    })
    return await reply.code(201).send({ id })
  })
}
