// Reads the credential of `Authorization: Bearer`.

import type { FastifyRequest } from 'fastify'
import { AppError } from '../app-error.ts'

const BEARER = /^Bearer +([^\s]+)$/i

/** The bearer credential. @throws AppError UNAUTHENTICATED when there is none. */
export function bearerOf(request: FastifyRequest): string {
  const header = request.headers.authorization
  if (header === undefined) throw new AppError('UNAUTHENTICATED', { reason: 'no credential' })
  const credential = BEARER.exec(header)?.[1]
  if (credential === undefined) throw new AppError('UNAUTHENTICATED', { reason: 'not a bearer credential' })
  return credential
}
