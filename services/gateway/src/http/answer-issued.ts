// How every route that issues answers: once for an Idempotency-Key, 202 with what was issued, or 429 with the limit's fields.

import type { IssuedChallenge } from '@postern/contracts/http/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { tenantScope } from '@postern/service-kit/caller'
import type { SuccessEnvelope } from '@postern/service-kit/reply'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IssueResult } from '../challenge/issue/issue-challenge.ts'
import type { QueuedDelivery } from '../challenge/issue/queued-delivery.ts'
import type { SendLimit } from '../challenge/issue/send-limit.ts'
import type { GatewayContext } from '../context.ts'
import type { Effect } from '../idempotency/run-once.ts'
import { answerOnce } from './answer-once.ts'
import { tellLimit } from './rate-limit-fields.ts'

interface Exchange {
  request: FastifyRequest
  reply: FastifyReply
}

/** Runs `issue` once for the request's key and answers the envelope to send. */
export async function answerIssued(
  context: GatewayContext,
  kind: 'magic_link' | 'otp',
  { request, reply }: Exchange,
  issue: (run: TenantRun) => Promise<IssueResult>,
): Promise<SuccessEnvelope<IssuedChallenge>> {
  const exchange = { request, reply }
  let queued: QueuedDelivery | null = null
  const effect = async (run: TenantRun): Promise<Effect<IssuedChallenge>> => {
    const result = await issue(run)
    if (result.kind === 'limited') return refuse(context, reply, result)
    queued = result.queued
    return { kind: 'done', answer: result.issued, repeat: result.issued, status: 202 }
  }
  const { envelope, replayed } = await answerOnce(context, tenantScope(request), exchange, effect)
  if (!replayed) context.metrics.challengesIssued.add(1, { kind, purpose: envelope.data.purpose })
  // Committed by now.
  if (queued === null) context.nudge()
  else context.handOver.hand(queued)
  return envelope
}

const LABELS = { identifier: 'identifier_sends', verify_email: 'verify_email_sends' } as const

function refuse(
  context: GatewayContext,
  reply: FastifyReply,
  { limit, retryAfterSeconds }: { limit: SendLimit; retryAfterSeconds: number },
): Effect<never> {
  tellLimit(reply, limit, 0, retryAfterSeconds)
  context.metrics.limitHits.add(1, { limit: LABELS[limit.policy] })
  const error = new AppError('RATE_LIMITED', { reason: 'identifier had its sends', retryAfterSeconds })
  return { kind: 'refused', error }
}
