// Authentication by API key. A key that expired, was revoked or whose tenant was disabled is refused, whatever is
// remembered; the answers do not tell why.

import { timingSafeEqual } from 'node:crypto'
import type { Scope } from '@postern/contracts/scopes'
import { parseApiKey } from '@postern/token/api-key'
import type { FastifyRequest } from 'fastify'
import { AppError } from './app-error.ts'
import { bearerOf } from './auth/bearer.ts'
import { createKnownKeys, type KnownKeysOptions } from './auth/known-keys.ts'
import type { ApiKeyCaller } from './caller.ts'

export type ApiKeyAuthOptions = KnownKeysOptions
export type ApiKeyAuth = ReturnType<typeof createApiKeyAuth>

/** Makes the authentication of a process. Spread `requireScope(…)` into a route's options. */
export function createApiKeyAuth(options: ApiKeyAuthOptions) {
  const { clock } = options
  const keys = createKnownKeys(options)

  /** @throws AppError UNAUTHENTICATED or FORBIDDEN; what the database throws becomes 503. */
  async function authenticate(request: FastifyRequest, ...scopes: Scope[]): Promise<ApiKeyCaller> {
    const presented = parseApiKey(bearerOf(request))
    if (presented === null) throw refused('not an API key')
    const key = await keys.find(presented.prefix)
    if (key === undefined) throw refused('unknown key')
    if (!timingSafeEqual(presented.digest, key.row.digest)) throw refused('wrong secret')
    if (key.row.revoked) throw refused('revoked key')
    if (key.expiresAt <= clock.now().getTime()) throw refused('expired key')
    if (!key.row.tenantIsActive) throw refused('disabled tenant')
    request.caller = key.caller
    if (!scopes.some((scope) => key.caller.scopes.includes(scope)))
      throw new AppError('FORBIDDEN', { reason: `lacks ${scopes.join(' and ')}` })
    return key.caller
  }

  /** Asks for one scope. A route that also takes another kind of proof names the scopes that do with it. */
  function requireScope(scope: Scope, ...others: Scope[]) {
    const onRequest = async (request: FastifyRequest) => void (await authenticate(request, scope, ...others))
    return { onRequest, config: { scope, otherScopes: others } }
  }

  return { authenticate, requireScope }
}

function refused(reason: string): AppError {
  return new AppError('UNAUTHENTICATED', { reason })
}
