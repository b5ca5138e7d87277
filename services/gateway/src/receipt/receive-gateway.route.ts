// POST /v1/webhooks/gateway/{sender_id}: the receipts of an operator's own HTTP gateway.

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
import { checkGateway } from './check-signature.ts'
import { findReceiptSender } from './find-receipt-sender.ts'
import { readGatewayEvents } from './read-gateway-events.ts'

const options = webhookOptions('an HTTP gateway', 'application/json')

export function receiveGatewayRoute(app: HttpApp, context: GatewayContext): void {
  app.register(async (scoped: HttpApp) => {
    takeBytes(scoped)
    scoped.post('/v1/webhooks/gateway/:sender_id', options, async (request, reply) => {
      const sender = await findReceiptSender(context, 'gateway', request.params.sender_id)
      const [body, now] = [bytesOf(request), context.clock.now()]
      const signed = {
        signature: headerOf(request, 'x-signature'),
        timestamp: headerOf(request, 'x-timestamp'),
      }
      refuseUnsigned(context, 'gateway', checkGateway(sender.key ?? '', body, signed, now))
      return answerReceipts(context, { request, reply }, sender, readGatewayEvents(body, now))
    })
  })
}
