// POST /demo/verify {token, sign_in?}: spends the token that the page found in its fragment.
// The session's tokens stay here: a real application would set its own cookie now.

import { Type } from 'typebox'
import type { TypedApp } from '../http/typed-app.ts'
import type { DemoDeps } from './demo.ts'
import type { SignIn } from './sign-in.store.ts'
import { signedIn } from './signed-in.ts'

const VerifyBody = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: 512 }),
    sign_in: Type.Optional(Type.String({ format: 'uuid' })),
  },
  { additionalProperties: false },
)

export async function finishSignInRoute(app: TypedApp, deps: DemoDeps): Promise<void> {
  app.post('/demo/verify', { schema: { body: VerifyBody } }, async (request, reply) => {
    const verified = await deps.client.verifyMagicLink(request.body.token)
    if (!verified.ok) return await reply.code(502).send({ problem: verified.problem })
    const signIn = knownOrNew(deps, request.body.sign_in)
    signIn.signed_in = signedIn(verified.data)
    return { id: signIn.id }
  })
}

/** A link asked for elsewhere (with `curl`, say) leads here too, as the tenant's default redirect. */
function knownOrNew(deps: DemoDeps, id: string | undefined): SignIn {
  const known = id === undefined ? undefined : deps.signIns.find(id)
  if (known !== undefined) return known
  const signIn: SignIn = {
    id: deps.random.uuid(),
    method: 'link',
    to: null,
    challenge_id: null,
    delivery_id: null,
    expires_at: null,
    started_at: deps.clock.now().toISOString(),
    signed_in: null,
  }
  deps.signIns.add(signIn)
  return signIn
}
