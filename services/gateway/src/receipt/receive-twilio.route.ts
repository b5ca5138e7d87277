// POST /v1/webhooks/twilio/{sender_id}/{delivery_id}: Twilio's status callback, at the URL that its message was sent with.

import type { HttpApp } from '@postern/service-kit/http-app'
import { readMark } from '@postern/token/receipt-mark'
import { Type } from 'typebox'
import type { GatewayContext } from '../context.ts'
import {
  answerReceipts,
  bytesOf,
  headerOf,
  refuseUnsigned,
  SENDER_ID,
  takeBytes,
  webhookOptions,
} from '../http/vendor-webhook.ts'
import { checkTwilio } from './check-signature.ts'
import { findReceiptSender } from './find-receipt-sender.ts'
import { readTwilioCallback } from './read-twilio-callback.ts'

const { schema, ...options } = webhookOptions('Twilio', 'application/x-www-form-urlencoded')
/** Twilio sends some fifteen short fields; reading very many takes long. */
const LARGEST = 64 * 1024
const own = {
  ...options,
  bodyLimit: LARGEST,
  schema: {
    ...schema,
    params: Type.Object(
      { sender_id: SENDER_ID, delivery_id: Type.String({ format: 'uuid' }) },
      { additionalProperties: false },
    ),
    // Missing or wrong, it is not signed by us: the same answer as to any other forgery.
    querystring: Type.Unknown(),
  },
}

export function receiveTwilioRoute(app: HttpApp, context: GatewayContext): void {
  const baseUrl = context.settings.webhookUrl ?? context.publicUrl
  app.register(async (scoped: HttpApp) => {
    takeBytes(scoped)
    scoped.post('/v1/webhooks/twilio/:sender_id/:delivery_id', own, async (request, reply) => {
      const { sender_id: senderId, delivery_id: deliveryId } = request.params
      // The URL that we made, never the Host that came.
      const url = `${baseUrl}${request.raw.url}`
      const now = context.clock.now()
      // First our own mark: without one, nobody makes us look for a sender or read a form.
      const query = new URLSearchParams(url.split('?')[1])
      const [t, a, exp, s] = ['t', 'a', 'exp', 's'].map((name) => query.get(name) ?? '') as [
        string,
        string,
        string,
        string,
      ]
      const mark = readMark(context.receiptMarks, deliveryId, { t, a, exp, s }, now)
      if (mark === null) return refuseUnsigned(context, 'twilio', 'forged')
      const sender = await findReceiptSender(context, 'twilio', senderId)
      const form = new URLSearchParams(bytesOf(request).toString('utf8'))
      const signature = headerOf(request, 'x-twilio-signature')
      refuseUnsigned(context, 'twilio', checkTwilio(sender.key?.split('\n') ?? [], url, form, signature))
      return answerReceipts(context, { request, reply }, sender, readTwilioCallback({ ...mark, form }, now))
    })
  })
}
