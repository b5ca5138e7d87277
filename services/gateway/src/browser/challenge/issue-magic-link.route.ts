// POST /v1/browser/magic-links

import { envelope } from '@postern/contracts/envelope'
import { BrowserMagicLinkBody } from '@postern/contracts/http/browser'
import { IssuedChallenge } from '@postern/contracts/http/challenge'
import { browserCaller } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../../context.ts'
import { answerIssued } from '../../http/answer-issued.ts'
import { IdempotencyHeaders } from '../../http/answer-once.ts'
import { codeChallengeOf } from '../../http/code-challenge.ts'
import { issueLinkForPage } from './issue-for-page.ts'

const schema = {
  tags: ['Browser mode'],
  summary: 'Send a magic link to an address that a page names',
  headers: IdempotencyHeaders,
  body: BrowserMagicLinkBody,
  response: { 202: envelope(IssuedChallenge) },
}

export function issueBrowserMagicLinkRoute(app: HttpApp, context: GatewayContext): void {
  app.post('/v1/browser/magic-links', { schema }, (request, reply) => {
    const caller = browserCaller(request)
    const { body } = request
    const asked = { body, codeChallenge: codeChallengeOf(body) }
    return answerIssued(context, 'magic_link', { request, reply }, (run) =>
      issueLinkForPage(context, run, caller, asked),
    )
  })
}
