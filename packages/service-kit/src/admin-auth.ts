// The operator's admin key: one secret of the installation, for tenants and what belongs to the whole house.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { AppError } from './app-error.ts'
import { bearerOf } from './auth/bearer.ts'

export type AdminAuth = ReturnType<typeof createAdminAuth>

const digestOf = (text: string) => createHash('sha256').update(text).digest()

/**
 * Makes the authentication of operator routes from the admin key (a secret file's content).
 * Spread `requireOperator` into a route's options.
 */
export function createAdminAuth(adminKey: string) {
  const expected = digestOf(adminKey)

  /** @throws AppError UNAUTHENTICATED unless the request carries the admin key. */
  async function authenticate(request: FastifyRequest): Promise<void> {
    // Equal lengths by hashing, so that the comparison tells nothing about the key.
    if (!timingSafeEqual(digestOf(bearerOf(request)), expected))
      throw new AppError('UNAUTHENTICATED', { reason: 'not the admin key' })
    request.caller = { kind: 'operator' }
  }

  return { requireOperator: { onRequest: authenticate, config: { operator: true } } }
}
