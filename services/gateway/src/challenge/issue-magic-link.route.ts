// POST /v1/magic-links

import { envelope as enveloped } from '@postern/contracts/envelope'
import { IssuedMagicLink, IssueMagicLinkBody } from '@postern/contracts/http/magic-link'
import { AppError } from '@postern/service-kit/app-error'
import { apiKeyCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { FastifyReply } from 'fastify'
import type { GatewayContext } from '../context.ts'
import { answerOnce, IdempotencyHeaders } from '../http/answer-once.ts'
import { tellLimit } from '../http/rate-limit-fields.ts'
import type { Effect } from '../idempotency/run-once.ts'
import { issueMagicLink } from './issue-challenge.ts'
import { SENDS_PER_WINDOW, WINDOW_SECONDS } from './send-limit.ts'

const SENDS = { policy: 'identifier', quota: SENDS_PER_WINDOW, windowSeconds: WINDOW_SECONDS }

const schema = {
  tags: ['Magic links'],
  summary: 'Issue a magic link and send it',
  headers: IdempotencyHeaders,
  body: IssueMagicLinkBody,
  response: { 202: enveloped(IssuedMagicLink) },
}

export function issueMagicLinkRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('challenges:write')
  app.post('/v1/magic-links', { ...access, schema }, async (request, reply) => {
    const { body } = request
    const { tenant } = apiKeyCaller(request)
    const input = {
      email: body.email,
      purpose: body.purpose ?? ('sign_in' as const),
      redirectUrl: body.redirect_url,
      locale: body.locale,
      createUser: body.create_user ?? true,
      codeChallenge: codeChallengeOf(body),
      metadata: body.metadata ?? {},
      sendAt: body.send_at,
    }
    const { envelope, replayed } = await answerOnce<IssuedMagicLink>(
      context,
      tenantScope(request),
      { request, reply },
      async (run) => {
        const issued = await issueMagicLink(context, run, tenant, input)
        if (issued.kind === 'limited') return refuse(reply, issued.retryAfterSeconds, context)
        return { kind: 'done', answer: issued.link, repeat: issued.link, status: 202 }
      },
    )
    if (!replayed) context.metrics.challengesIssued.add(1, { kind: 'magic_link', purpose: input.purpose })
    context.nudge()
    return envelope
  })
}

/** A method that comes alone would leave the link unbound, though the client believes it bound. */
function codeChallengeOf(body: IssueMagicLinkBody): string | undefined {
  if (body.code_challenge === undefined && body.code_challenge_method !== undefined) {
    const details = [{ path: 'body.code_challenge', problem: 'is required with code_challenge_method' }]
    throw new AppError('VALIDATION_FAILED', { reason: 'a PKCE method without a challenge', details })
  }
  return body.code_challenge
}

function refuse(reply: FastifyReply, retryAfterSeconds: number, context: GatewayContext): Effect<never> {
  tellLimit(reply, SENDS, 0, retryAfterSeconds)
  context.metrics.limitHits.add(1, { limit: 'identifier_sends' })
  return {
    kind: 'refused',
    error: new AppError('RATE_LIMITED', { reason: 'identifier had its sends', retryAfterSeconds }),
  }
}
