// POST /demo/sign-ins {email}: asks the gateway for a magic link that leads back to this demo.

import { Type } from 'typebox'
import type { TypedApp } from '../http/typed-app.ts'
import type { DemoDeps } from './demo.ts'

const StartBody = Type.Object(
  { email: Type.String({ minLength: 1, maxLength: 254 }) },
  { additionalProperties: false },
)

export async function startSignInRoute(app: TypedApp, deps: DemoDeps): Promise<void> {
  app.post('/demo/sign-ins', { schema: { body: StartBody } }, async (request, reply) => {
    const id = deps.random.uuid()
    const started_at = deps.clock.now().toISOString()
    // A path and no query: the tenant allows redirects by origin and path prefix.
    const issued = await deps.client.issueMagicLink(request.body.email, `${deps.publicUrl()}/callback/${id}`)
    if (!issued.ok) return await reply.code(502).send({ problem: issued.problem })
    deps.signIns.add({
      id,
      email: request.body.email,
      challenge_id: issued.data.id,
      delivery_id: issued.data.delivery.id,
      expires_at: issued.data.expires_at,
      started_at,
      signed_in: null,
    })
    return await reply.code(201).send({ id })
  })
}
