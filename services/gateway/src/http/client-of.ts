// Who asks, as a session remembers it.

import type { FastifyRequest } from 'fastify'
import type { Client, SessionKind } from '../session/session.ts'

const LONGEST_USER_AGENT = 512

/** The address is the one that trusted proxies tell; a header that is too long is cut, not refused. */
export function clientOf(request: FastifyRequest, kind: SessionKind): Client {
  const userAgent = request.headers['user-agent']?.slice(0, LONGEST_USER_AGENT) ?? null
  return { kind, userAgent, address: request.ip }
}
