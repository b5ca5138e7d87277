// The HTTP base of every service: strict input, one envelope, ids and headers by the server, one line a request.
// Routes add meaning; what a malformed, unknown or failing request gets is decided here.

import { isIP } from 'node:net'
import type { Logger } from '@postern/telemetry/logger'
import type { Metrics } from '@postern/telemetry/metric-names'
import type { Telemetry } from '@postern/telemetry/tracing'
import fastify, { type FastifyBaseLogger, type FastifyReply, type FastifyRequest } from 'fastify'
import { type Clock, systemClock } from './clock.ts'
import { compileForms } from './form.ts'
import { spellIdsAlike } from './http/canonical-ids.ts'
import { createClientErrorHandler } from './http/client-error.ts'
import { closeByDefault } from './http/closed-by-default.ts'
import { compileOnDemand } from './http/compile-on-demand.ts'
import { createErrorHandler } from './http/error-answer.ts'
import type { HttpApp } from './http/fastify.ts'
import { readForwardedAddresses } from './http/forwarded-addresses.ts'
import { takeStrictJson } from './http/json-body.ts'
import { refuseOddRequests } from './http/odd-requests.ts'
import { RequestJournal } from './http/request-journal.ts'
import { traceRequests } from './http/request-span.ts'
import { securityHeaders } from './http/security-headers.ts'
import { answerUnmatched } from './http/unmatched.ts'
import { formatValidationErrors } from './http/validation.ts'
import { type Random, systemRandom } from './random.ts'

export type { HttpApp } from './http/fastify.ts'

export interface HttpAppOptions {
  logger: Logger
  metrics?: Metrics
  /** Requests get spans when it traces. */
  telemetry?: Pick<Telemetry, 'tracing' | 'tracer'>
  clock?: Clock
  random?: Random
  /** Addresses and CIDRs of proxies whose X-Forwarded-For is believed; none unless told. */
  trustProxy?: readonly string[]
  /** Bytes; 16 KiB unless told. A route may set its own `bodyLimit`. */
  bodyLimit?: number
}

/** Builds the application; plugins and routes are registered on it, then `ready()` or `listen()`. */
export async function createHttpApp(options: HttpAppOptions): Promise<HttpApp> {
  const { logger, metrics, telemetry, clock = systemClock, random = systemRandom } = options
  const headers = securityHeaders()
  const answerError = createErrorHandler(clock, metrics)
  const journal = new RequestJournal(metrics)
  const { compilersFactory, compileAll } = compileOnDemand()
  const app = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: journal,
    schemaController: { compilersFactory },
    genReqId: () => random.uuid(),
    bodyLimit: options.bodyLimit ?? 16 * 1024,
    trustProxy: trusted(options.trustProxy ?? []),
    requestTimeout: 30_000,
    // Node would answer a missing Host without the envelope; ours does (odd-requests.ts).
    http: { requireHostHeader: false },
    // While closing, what still arrives on open connections is answered as ever, then the connection ends.
    return503OnClosing: false,
    clientErrorHandler: createClientErrorHandler(clock, random, headers),
    frameworkErrors: (error, request, reply) => {
      // Malformed URLs are refused before any hook runs.
      const answer = reply as FastifyReply
      startAnswer(request as FastifyRequest, answer)
      answerError(error, request as FastifyRequest, answer)
      journal.requestCompleted(null, request as FastifyRequest, answer)
    },
  }) as unknown as HttpApp

  app.decorate('clock', clock)
  app.decorate('compileSchemas', async () => {
    // Not before then does Fastify tell what there is to compile.
    await app.ready()
    compileAll()
    compileForms()
  })
  app.decorateRequest('caller', null)
  app.decorateRequest('refusal', null)
  app.setSchemaErrorFormatter(formatValidationErrors)
  app.setErrorHandler(answerError)
  if (telemetry?.tracing) traceRequests(app, telemetry.tracer)
  app.addHook('onRequest', (request, reply, done) => {
    startAnswer(request, reply)
    done()
  })
  readForwardedAddresses(app)
  refuseOddRequests(app)
  spellIdsAlike(app)
  takeStrictJson(app)
  answerUnmatched(app)
  closeByDefault(app)
  return app

  function startAnswer(request: FastifyRequest, reply: FastifyReply): void {
    reply.headers(headers).header('x-request-id', request.id)
  }
}

/** Fastify also takes `true`, counts and names here; only what names peers exactly is safe to believe. */
function trusted(proxies: readonly string[]): string[] | false {
  for (const proxy of proxies) {
    const [address = '', bits] = proxy.split('/')
    const version = isIP(address)
    const max = version === 4 ? 32 : 128
    if (version === 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= max)))
      throw new TypeError('trustProxy takes IP addresses and CIDRs only')
  }
  return proxies.length === 0 ? false : [...proxies]
}
