// Who asks, as a session remembers it. Nothing that a client or a proxy writes into a header keeps anybody from signing in.

import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Client, SessionKind } from '../session/session.ts'

const LONGEST_USER_AGENT = 512

/**
 * The address is the one that trusted proxies tell; a proxy that hands on what clients wrote may tell anything, and what is
 * no address is none. A user agent that is too long is cut.
 */
export function clientOf({ headers, ip }: FastifyRequest, kind: SessionKind): Client {
  const userAgent = headers['user-agent']?.slice(0, LONGEST_USER_AGENT) ?? null
  return { kind, userAgent, address: isIP(ip) === 0 ? null : ip }
}
