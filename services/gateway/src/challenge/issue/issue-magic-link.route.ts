// POST /v1/magic-links

import { envelope } from '@postern/contracts/envelope'
import { IssuedChallenge } from '@postern/contracts/http/challenge'
import { IssueMagicLinkBody } from '@postern/contracts/http/magic-link'
import { apiKeyCaller } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../../context.ts'
import { answerIssued } from '../../http/answer-issued.ts'
import { IdempotencyHeaders } from '../../http/answer-once.ts'
import { codeChallengeOf } from '../../http/code-challenge.ts'
import { issueMagicLink } from './issue-magic-link.ts'

const schema = {
  tags: ['Magic links'],
  summary: 'Issue a magic link and send it',
  headers: IdempotencyHeaders,
  body: IssueMagicLinkBody,
  response: { 202: envelope(IssuedChallenge) },
}

export function issueMagicLinkRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('challenges:write')
  app.post('/v1/magic-links', { ...access, schema }, (request, reply) => {
    const { tenant } = apiKeyCaller(request)
    const input = inputOf(request.body)
    return answerIssued(context, 'magic_link', { request, reply }, (run) =>
      issueMagicLink(context, run, tenant, input),
    )
  })
}

const inputOf = (body: IssueMagicLinkBody) => ({
  email: body.email,
  purpose: body.purpose ?? ('sign_in' as const),
  sessionId: body.session_id,
  mfaToken: body.mfa_token,
  redirectUrl: body.redirect_url,
  locale: body.locale,
  createUser: body.create_user ?? true,
  codeChallenge: codeChallengeOf(body),
  metadata: body.metadata ?? {},
  sendAt: body.send_at,
})
