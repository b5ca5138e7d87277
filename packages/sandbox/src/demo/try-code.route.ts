// POST /demo/codes {sign_in, code}: tries the code that a person typed for this sign-in.

import { Type } from 'typebox'
import type { TypedApp } from '../http/typed-app.ts'
import type { DemoDeps } from './demo.ts'
import { signedIn } from './signed-in.ts'

const CodeBody = Type.Object(
  { sign_in: Type.String({ format: 'uuid' }), code: Type.String({ pattern: '^[0-9]{6}$' }) },
  { additionalProperties: false },
)

export async function tryCodeRoute(app: TypedApp, { client, signIns }: DemoDeps): Promise<void> {
  app.post('/demo/codes', { schema: { body: CodeBody } }, async (request, reply) => {
    const signIn = signIns.find(request.body.sign_in)
    if (signIn === undefined || signIn.method !== 'code' || signIn.challenge_id === null)
      return reply.callNotFound()
    const verified = await client.verifyOtp(signIn.challenge_id, request.body.code)
    if (!verified.ok) return await reply.code(502).send({ problem: verified.problem })
    signIn.signed_in = signedIn(verified.data)
    return { id: signIn.id }
  })
}
