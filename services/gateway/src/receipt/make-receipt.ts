// Makes a receipt from what a vendor's event says, or finds that it cannot be placed. Nothing that a vendor sends is taken
// as it is: ids are ids, numbers are numbers, and what is kept has a length.

import type { Meaning } from '@postern/contracts/receipt-meaning'
import type { Receipt } from '@postern/db/receipt.store'
import { sha256 } from '@postern/token/digest'
import { frame } from '@postern/token/framing'

/** A receipt with the tenant that the vendor's verified data names. */
export interface TenantReceipt extends Receipt {
  readonly tenantId: string
}

/** What a call told. */
export interface Reading {
  readonly receipts: readonly TenantReceipt[]
  /** Events that name no attempt of ours. */
  readonly unplaced: number
  /** Events that say nothing about a message's way. */
  readonly ignored: number
}

export const NOTHING: Reading = { receipts: [], unplaced: 0, ignored: 0 }

/** Our marks in the event, as they came. */
export interface Marks {
  readonly tenantId: unknown
  readonly deliveryId: unknown
  readonly attempt: unknown
}

export interface Facts {
  readonly providerMessageId: unknown
  readonly occurredAt: Date
  /** What tells this event from the others of its attempt; the same in every repeat. */
  readonly identity: readonly unknown[]
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i
const ATTEMPT = /^[1-9][0-9]{0,8}$/
const MESSAGE_ID = /^[\x21-\x7e]{1,200}$/

/** null: it has no marks of ours */
export function makeReceipt(marks: Marks, meaning: Meaning, facts: Facts): TenantReceipt | null {
  const { tenantId, deliveryId } = marks
  const attempt = plainText(marks.attempt)
  if (typeof tenantId !== 'string' || !UUID.test(tenantId)) return null
  if (typeof deliveryId !== 'string' || !UUID.test(deliveryId) || !ATTEMPT.test(attempt)) return null
  const { providerMessageId, occurredAt, identity } = facts
  const message = typeof providerMessageId === 'string' && MESSAGE_ID.test(providerMessageId)
  const id = deliveryId.toLowerCase()
  return {
    ...meaning,
    tenantId: tenantId.toLowerCase(),
    deliveryId: id,
    attempt: Number(attempt),
    eventKey: sha256(frame(id, attempt, ...identity.map((part) => plainText(part).toWellFormed()))),
    providerMessageId: message ? providerMessageId : null,
    occurredAt,
  }
}

/** Sorts events into what they came to. `read` answers null for one without marks, `ignored` for one that says nothing. */
export function readAll(
  events: readonly unknown[],
  read: (event: Record<string, unknown>) => TenantReceipt | 'ignored' | null,
): Reading {
  const receipts: TenantReceipt[] = []
  let [unplaced, ignored] = [0, 0]
  for (const event of events) {
    const found = typeof event === 'object' && event !== null ? read(event as Record<string, unknown>) : null
    if (found === null) unplaced += 1
    else if (found === 'ignored') ignored += 1
    else receipts.push(found)
  }
  return { receipts, unplaced, ignored }
}

/** A text, number or truth value as text; anything else is ''. An object may hold what turns it into text, or be deep. */
export const plainText = (value: unknown): string =>
  value === null || typeof value === 'object' ? '' : String(value ?? '')

/** What a signed body holds; undefined: no JSON. */
export function parseSigned(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** A vendor's instant where Postgres and Date can read it; `otherwise` else. */
export function instantOf(value: string | number, otherwise: Date): Date {
  const at = new Date(value)
  const year = at.getUTCFullYear()
  return year >= 2000 && year <= 9000 ? at : otherwise
}
