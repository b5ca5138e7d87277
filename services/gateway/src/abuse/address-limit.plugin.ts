// The front limiter: a coarse budget of requests per client address. IPv6 clients count by /64, and the client's
// address is the socket's unless a trusted proxy says otherwise (trustProxy takes networks only).

import rateLimit from '@fastify/rate-limit'
import { AppError } from '@postern/service-kit/app-error'
import type { HttpApp } from '@postern/service-kit/http-app'
import { type Limit, tellLimit } from '../http/rate-limit-fields.ts'
import { type SharedCountOptions, SharedCountStore } from './count-requests.ts'

const WINDOW_SECONDS = 60

// The plugin's own fields; we say the same as structured fields instead.
const REMAINING = 'x-ratelimit-remaining'
const RESET = 'x-ratelimit-reset'
const OLD_FIELDS = ['x-ratelimit-limit', REMAINING, RESET]

export interface AddressLimitOptions extends Pick<SharedCountOptions, 'redis' | 'prefix'> {
  /** requests per address and minute */
  perMinute: number
  onLimited: () => void
}

/** Puts every request but probes and what proxies ask behind the budget, before anything else is done for it. */
export async function limitAddresses(app: HttpApp, options: AddressLimitOptions): Promise<void> {
  const limit: Limit = { policy: 'address', quota: options.perMinute, windowSeconds: WINDOW_SECONDS }
  const shared = { ...options, points: options.perMinute, windowSeconds: WINDOW_SECONDS }
  await app.register(rateLimit, {
    // Not route by route: a hook of the application comes before the routes' own, so before authentication.
    global: false,
    max: options.perMinute,
    timeWindow: WINDOW_SECONDS * 1_000,
    ipv6Subnet: 64,
    allowList: ({ routeOptions: { config } }) => config?.quiet === true || config?.delegated === true,
    onExceeded: options.onLimited,
    store: class extends SharedCountStore {
      constructor() {
        super(shared)
      }
    },
    errorResponseBuilder: (_request, { ttl }) =>
      new AppError('RATE_LIMITED', {
        reason: 'address budget is used up',
        retryAfterSeconds: Math.ceil(ttl / 1_000),
      }),
  })
  app.addHook('onRequest', app.rateLimit())
  app.addHook('onSend', async (_request, reply) => {
    const remaining = reply.getHeader(REMAINING)
    if (remaining === undefined) return
    if (!reply.hasHeader('RateLimit'))
      tellLimit(reply, limit, Number(remaining), Number(reply.getHeader(RESET)))
    for (const field of OLD_FIELDS) reply.removeHeader(field)
  })
}
