// The shape of how a vendor tells what became of a message: one file a vendor. It knows its vendor's events, headers and
// signature, and nothing of sockets or of when it is asked.

import type { ReceiptStatus } from '@postern/contracts/receipt'
import type { Tamper } from '../receipt/receipt.ts'
import type { SentMessage } from '../receipt/sent-book.ts'

/** Something that became of a message. */
export interface Occurrence {
  readonly sent: SentMessage
  readonly status: ReceiptStatus
  /** The vendor's code for why; undefined: a usual one where the status has a reason. */
  readonly errorCode: string | number | undefined
  /** Random bytes, the same in each copy of the event. */
  readonly eventId: Buffer
  readonly occurredAt: Date
}

/** How a vendor repeats a call that failed. */
export interface RetryPolicy {
  readonly retries: number
  /** What counts as failed: no connection, no answer in time, a status from 400, one from 500. */
  readonly on: ReadonlySet<'ct' | 'rt' | '4xx' | '5xx'>
}

export interface WebhookCall {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly retry?: RetryPolicy
}

export interface WebhookOptions {
  /** Of the gateway's webhooks for this vendor and sender: `<base>/v1/webhooks/<provider>/<sender>`. */
  readonly url: string
  readonly tamper: Tamper | undefined
  readonly now: Date
}

/** The sandbox was not given what it takes, or the vendor cannot say such a thing. The message is a sentence. */
export class CannotTell extends Error {}

export interface VendorWebhook {
  readonly provider: string
  /** Events that one call may carry. */
  readonly most: number
  /** What makes the vendor know of it, for who asks; absent: it cannot be asked. @throws {CannotTell} */
  knowing?(event: Occurrence): () => void
  /** The call, signed. @throws {CannotTell} */
  callFor(events: readonly Occurrence[], options: WebhookOptions): Promise<WebhookCall>
}

/** The id with its last digit changed: of the right form, and of somebody else. */
export function anotherId(id: string): string {
  return `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`
}

/** Base64 of the same length in which the first character is another. */
export function anotherSignature(signature: string): string {
  return `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
}

/** What signs, or a sentence about the setting that names its file. */
export async function keyFrom(
  read: (() => Promise<string | null>) | undefined,
  setting: string,
): Promise<string> {
  const key = (await read?.()) ?? null
  if (key === null)
    throw new CannotTell(`The sandbox has no key to sign with: ${setting} names no file that holds one.`)
  return key
}
