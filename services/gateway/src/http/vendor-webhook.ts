// What the webhooks of all vendors share: the body as the bytes that were signed, no API key, one answer for whatever is
// not signed, and an empty 200 for whatever is, also where it tells nothing new: a vendor must not repeat it for ever.

import { AppError } from '@postern/service-kit/app-error'
import { scopeFor } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { GatewayContext } from '../context.ts'
import type { Verdict } from '../receipt/check-signature.ts'
import type { ReceiptSender } from '../receipt/find-receipt-sender.ts'
import type { Reading } from '../receipt/make-receipt.ts'
import { receiveReceipts } from '../receipt/receive-receipts.ts'

export const SENDER_ID = Type.String({
  pattern: '^(?:default|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$',
  description: '`default`, or the id of a tenant’s own sender',
})

const LARGEST = 1024 * 1024

/** `contentType`: what the vendor sends, for the OpenAPI document; anything is taken, as the signature decides. */
export const webhookOptions = (vendor: string, contentType: string) => ({
  bodyLimit: LARGEST,
  schema: {
    tags: ['Vendor webhooks'],
    summary: `Take receipts of ${vendor}`,
    consumes: [contentType],
    params: Type.Object({ sender_id: SENDER_ID }, { additionalProperties: false }),
    body: Type.Unknown(),
    response: { 200: Type.Null({ description: 'Taken, or not to be repeated' }) },
  },
})

/** Within this scope a body is its bytes, whatever it says it is. */
export function takeBytes(scoped: HttpApp): void {
  scoped.removeAllContentTypeParsers()
  scoped.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}

export const bytesOf = ({ body }: FastifyRequest): Buffer => (Buffer.isBuffer(body) ? body : Buffer.alloc(0))

/** A header that came once. */
export function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** @throws AppError UNAUTHENTICATED unless it was signed in time */
export function refuseUnsigned(context: GatewayContext, provider: string, verdict: Verdict): void {
  if (verdict === 'signed') return
  context.metrics.receiptRefusals.add(1, { provider, reason: verdict })
  const reason = verdict === 'stale' ? 'the signature is too old' : 'the signature is wrong'
  throw new AppError('UNAUTHENTICATED', { reason })
}

/** Applies what was told and answers. */
export async function answerReceipts(
  context: GatewayContext,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  sender: ReceiptSender,
  reading: Reading,
): Promise<FastifyReply> {
  const actor = `vendor:${sender.senderId ?? sender.provider}`
  await receiveReceipts(context, sender, reading, (tenantId) => scopeFor(request, tenantId, actor))
  return reply.code(200).send()
}
