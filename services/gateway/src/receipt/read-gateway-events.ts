// The receipts of an operator's own HTTP gateway, in the words of docs/receipts.md.

import {
  BOUNCED,
  COMPLAINED,
  DEFERRED,
  DELIVERED,
  type Meaning,
  OPTED_OUT,
  PASSED_ON,
  undelivered,
} from '@postern/contracts/receipt-meaning'
import {
  instantOf,
  makeReceipt,
  NOTHING,
  parseSigned,
  plainText,
  type Reading,
  readAll,
  type TenantReceipt,
} from './make-receipt.ts'

const CODE = /^[a-z][a-z0-9_]{0,39}$/

const MEANINGS: Readonly<Record<string, Meaning>> = {
  sent: PASSED_ON,
  deferred: DEFERRED,
  delivered: DELIVERED,
  undelivered: undelivered('undelivered'),
  bounced: BOUNCED,
  complained: COMPLAINED,
  opted_out: OPTED_OUT,
}

/** `now` stands in for a time that cannot be. */
export function readGatewayEvents(body: Buffer, now: Date): Reading {
  const sent = parseSigned(body)
  const events = typeof sent === 'object' && sent !== null && 'events' in sent ? sent.events : undefined
  return Array.isArray(events)
    ? readAll(events, (event) => readEvent(event, now))
    : { ...NOTHING, unplaced: 1 }
}

function readEvent(event: Record<string, unknown>, now: Date): TenantReceipt | 'ignored' | null {
  const { id, tenant, message, attempt, status, occurred_at: at, error_code: code } = event
  const known = typeof status === 'string' && Object.hasOwn(MEANINGS, status) ? MEANINGS[status] : undefined
  if (known === undefined) return 'ignored'
  // Its own word for why, where it has the form of one.
  const errorCode = typeof code === 'string' && CODE.test(code) ? code : known.errorCode
  const meaning = known.errorCode === null ? known : { ...known, errorCode }
  const marks = { tenantId: tenant, deliveryId: message, attempt }
  const facts = {
    providerMessageId: null,
    occurredAt: instantOf(plainText(at), now),
    identity: ['gateway', id, status],
  }
  return makeReceipt(marks, meaning, facts)
}
