// POST /v1/webhooks/sendgrid/{sender_id}: SendGrid's signed event webhook.

import type { KeyObject } from 'node:crypto'
import { AppError } from '@postern/service-kit/app-error'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../context.ts'
import {
  answerReceipts,
  bytesOf,
  headerOf,
  refuseUnsigned,
  takeBytes,
  webhookOptions,
} from '../http/vendor-webhook.ts'
import { checkSendgrid, readSendgridKey } from './check-signature.ts'
import { findReceiptSender } from './find-receipt-sender.ts'
import { readSendgridEvents } from './read-sendgrid-events.ts'

const options = webhookOptions('SendGrid', 'application/json')

/** A file that holds no key is the operator's mistake, and no trouble of ours that a stranger could stir. */
function keyOf(text = ''): KeyObject {
  try {
    return readSendgridKey(text)
  } catch {
    throw new AppError('UNAUTHENTICATED', { reason: 'the file that checks this sender holds no key' })
  }
}

export function receiveSendgridRoute(app: HttpApp, context: GatewayContext): void {
  app.register(async (scoped: HttpApp) => {
    takeBytes(scoped)
    scoped.post('/v1/webhooks/sendgrid/:sender_id', options, async (request, reply) => {
      const sender = await findReceiptSender(context, 'sendgrid', request.params.sender_id)
      const [body, now] = [bytesOf(request), context.clock.now()]
      const signed = {
        signature: headerOf(request, 'x-twilio-email-event-webhook-signature'),
        timestamp: headerOf(request, 'x-twilio-email-event-webhook-timestamp'),
      }
      const key = keyOf(sender.key)
      refuseUnsigned(context, 'sendgrid', checkSendgrid(key, body, signed, now))
      return answerReceipts(context, { request, reply }, sender, readSendgridEvents(body, now))
    })
  })
}
