// POST /v1/webhooks/ses/{sender_id}: what Amazon SES publishes, brought by Amazon SNS; and SNS asking whether it may.

import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../context.ts'
import { answerReceipts, bytesOf, refuseUnsigned, takeBytes, webhookOptions } from '../http/vendor-webhook.ts'
import { acceptSubscription, checkSns } from './check-sns.ts'
import { findReceiptSender } from './find-receipt-sender.ts'
import { NOTHING } from './make-receipt.ts'
import { readSesEvent } from './read-ses-event.ts'

const options = webhookOptions('Amazon SES', 'text/plain')

export function receiveSesRoute(app: HttpApp, context: GatewayContext): void {
  app.register(async (scoped: HttpApp) => {
    takeBytes(scoped)
    scoped.post('/v1/webhooks/ses/:sender_id', options, async (request, reply) => {
      const sender = await findReceiptSender(context, 'ses', request.params.sender_id)
      const now = context.clock.now()
      const message = await checkSns(context, sender.topics, bytesOf(request), now)
      if (typeof message === 'string') return refuseUnsigned(context, 'ses', message)
      const exchange = { request, reply }
      if (message.Type === 'Notification')
        return answerReceipts(context, exchange, sender, readSesEvent(message.Message, now))
      if (message.Type === 'SubscriptionConfirmation' && !(await acceptSubscription(context, message)))
        return refuseUnsigned(context, 'ses', 'forged')
      context.logger.info(
        { sender_id: sender.senderId, type: message.Type },
        'a topic’s subscription changed',
      )
      return answerReceipts(context, exchange, sender, { ...NOTHING, ignored: 1 })
    })
  })
}
