// Who speaks by a webhook: one of the installation's senders, or a tenant's own, with what its calls are checked by.

import { HOUSE_SENDER } from '@postern/contracts/sender'
import type { GatewayDatabase } from '@postern/db/databases/gateway.database'
import type { Database } from '@postern/db/pool'
import { AppError } from '@postern/service-kit/app-error'
import { readReceiptSender } from './receipt-sender.store.ts'

export type ReceiptVendor = 'sendgrid' | 'twilio' | 'ses' | 'gateway'

export interface ReceiptSender {
  readonly provider: ReceiptVendor
  /** null: the installation's, which may speak for any tenant */
  readonly tenantId: string | null
  readonly senderId: string | null
  /** The text of its file: a public key, tokens, a signing key. undefined: there is none, or SES */
  readonly key: string | undefined
  /** Amazon SNS topics that speak for it. */
  readonly topics: readonly string[]
}

export interface FindSenderDeps {
  readonly database: Database<GatewayDatabase>
  /** The text of a file that receipts are checked by; undefined: there is no such file. */
  readonly receiptKey: (file: string) => string | undefined
  readonly sesTopics: readonly string[]
}

const HOUSE_FILES = {
  sendgrid: 'sendgrid-receipt-key',
  twilio: 'twilio-receipt-token',
  gateway: 'gateway-receipt-key',
} as const

/** @throws AppError UNAUTHENTICATED when nobody of this name sends by this vendor, or nothing is there to check it by */
export async function findReceiptSender(
  deps: FindSenderDeps,
  provider: ReceiptVendor,
  name: string,
): Promise<ReceiptSender> {
  const sender = name === HOUSE_SENDER ? houseSender(deps, provider) : await ownSender(deps, provider, name)
  const isReady = provider === 'ses' ? sender.topics.length > 0 : sender.key !== undefined
  if (!isReady) throw new AppError('UNAUTHENTICATED', { reason: 'nothing is there to check this sender by' })
  return sender
}

function houseSender(deps: FindSenderDeps, provider: ReceiptVendor): ReceiptSender {
  const key = provider === 'ses' ? undefined : deps.receiptKey(HOUSE_FILES[provider])
  return { provider, tenantId: null, senderId: null, key, topics: deps.sesTopics }
}

async function ownSender(deps: FindSenderDeps, provider: ReceiptVendor, id: string): Promise<ReceiptSender> {
  const row = await readReceiptSender(deps.database.db, id)
  if (row?.provider !== provider) throw new AppError('UNAUTHENTICATED', { reason: 'no such sender' })
  const { tenantId, settings, secret } = row
  const key = secret === null ? undefined : deps.receiptKey(`receipt-${secret}`)
  const topics = typeof settings.topic_arn === 'string' ? [settings.topic_arn] : []
  return { provider, tenantId, senderId: id, key, topics }
}
