// The RateLimit fields of draft-ietf-httpapi-ratelimit-headers: structured fields, one policy each.

import type { FastifyReply } from 'fastify'

export interface Limit {
  policy: string
  /** requests in a window */
  quota: number
  windowSeconds: number
}

/** Tells a policy and what is left of it. `resetSeconds`: when the window ends. */
export function tellLimit(reply: FastifyReply, limit: Limit, remaining: number, resetSeconds: number): void {
  reply.header('RateLimit-Policy', `"${limit.policy}";q=${limit.quota};w=${limit.windowSeconds}`)
  reply.header('RateLimit', `"${limit.policy}";r=${remaining};t=${resetSeconds}`)
}
