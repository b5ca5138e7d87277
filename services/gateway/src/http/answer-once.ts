// Where Idempotency-Key meets HTTP: reads the header, runs the effect once, marks a replay.

import type { TenantRun, TenantScope } from '@postern/db/with-tenant'
import { ok, type SuccessEnvelope } from '@postern/service-kit/reply'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type Effect, type OnceDeps, runOnce } from '../idempotency/run-once.ts'

/** For the routes that create or send. Other headers pass. */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[!-~]{1,255}$',
      description: 'The same key and body within 24 hours: the first answer again.',
    }),
  ),
})

interface Exchange {
  request: FastifyRequest
  reply: FastifyReply
}

export interface AnsweredOnce<R> {
  envelope: SuccessEnvelope<R>
  replayed: boolean
}

/** Runs `effect` once for the request's key; sets status and headers, and answers the envelope to send. */
export async function answerOnce<R extends object>(
  deps: OnceDeps,
  scope: TenantScope,
  { request, reply }: Exchange,
  effect: (run: TenantRun) => Promise<Effect<R>>,
): Promise<AnsweredOnce<R>> {
  const once = {
    key: ownKey(request),
    request: `${request.method} ${request.routeOptions.url} ${JSON.stringify([request.params, request.body])}`,
  }
  const { answer, status, replayed } = await runOnce(deps, scope, once, effect)
  reply.code(status)
  if (replayed) reply.header('Idempotency-Replayed', 'true')
  return { envelope: ok(request, answer, replayed ? { secrets_withheld: true } : {}), replayed }
}

/** A back end's keys are its tenant's; a page's are its browser's, so that no page meets another one's answer. */
function ownKey(request: FastifyRequest): string | undefined {
  const key = idempotencyKey(request)
  const { caller } = request
  return key === undefined || caller?.kind !== 'browser' ? key : `${caller.cookie?.value ?? ''} ${key}`
}

/** The header's value, where the client sent one. */
export function idempotencyKey(request: FastifyRequest): string | undefined {
  const header = request.headers['idempotency-key']
  return typeof header === 'string' ? header : undefined
}
