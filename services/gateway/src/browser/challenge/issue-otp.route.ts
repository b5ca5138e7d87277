// POST /v1/browser/otps

import { envelope } from '@postern/contracts/envelope'
import { BrowserOtpBody } from '@postern/contracts/http/browser'
import { IssuedChallenge } from '@postern/contracts/http/challenge'
import { browserCaller } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../../context.ts'
import { answerIssued } from '../../http/answer-issued.ts'
import { IdempotencyHeaders } from '../../http/answer-once.ts'
import { issueCodeForPage } from './issue-for-page.ts'

const schema = {
  tags: ['Browser mode'],
  summary: 'Send a one-time code to an address that a page names',
  headers: IdempotencyHeaders,
  body: BrowserOtpBody,
  response: { 202: envelope(IssuedChallenge) },
}

export function issueBrowserOtpRoute(app: HttpApp, context: GatewayContext): void {
  app.post('/v1/browser/otps', { schema }, (request, reply) => {
    const caller = browserCaller(request)
    const { body } = request
    return answerIssued(context, 'otp', { request, reply }, (run) =>
      issueCodeForPage(context, run, caller, body),
    )
  })
}
