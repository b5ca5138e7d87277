// GET /.well-known/jwks.json (RFC 7517): the keys that access tokens are checked with, the next one before it signs.

import type { HttpApp } from '@postern/service-kit/http-app'
import { publicJwks } from '@postern/token/jwks'
import { Type } from 'typebox'
import type { GatewayContext } from '../context.ts'

const Jwk = Type.Object({
  kty: Type.String(),
  crv: Type.String(),
  x: Type.String(),
  y: Type.String(),
  kid: Type.String(),
  alg: Type.String(),
  use: Type.String(),
})

const schema = {
  tags: ['Tokens'],
  summary: 'The public keys of access tokens',
  response: { 200: Type.Object({ keys: Type.Array(Jwk) }) },
}

export function jwksRoute(app: HttpApp, context: GatewayContext): void {
  app.get('/.well-known/jwks.json', { schema }, async (_request, reply) => {
    // Shorter than the time a new key is published before it signs (POSTERN_RING_OVERLAP).
    reply.header('cache-control', 'public, max-age=300')
    return publicJwks(context.jwt)
  })
}
