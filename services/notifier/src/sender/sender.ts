// The port to a vendor: one message in, one of four answers out. It never throws, and never lets a vendor's words or
// error objects through: those hold the API key and the link.

import type { Meaning } from '@postern/contracts/receipt-meaning'

export interface EmailMessage {
  /** With delivery and attempt the mark by which a vendor's receipt finds its way back. */
  readonly tenantId: string
  readonly deliveryId: string
  readonly attempt: number
  /** Exactly one address. */
  readonly to: string
  readonly from: { readonly email: string; readonly name: string }
  readonly subject: string
  /** null: the text alone. */
  readonly html: string | null
  readonly text: string
}

export interface SmsMessage {
  /** As above. */
  readonly tenantId: string
  readonly deliveryId: string
  readonly attempt: number
  /** Exactly one number, in E.164. */
  readonly to: string
  readonly text: string
  /** What a vendor has not passed on by then it need not. Whole seconds, at least 1. */
  readonly validForSeconds: number
}

/** Codes are ours: lower case, digits, `_`. */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly providerMessageId: string | null }
  /** Not sent, and never will be: no vendor is asked again. */
  | { readonly kind: 'permanent'; readonly code: string }
  /** Surely not sent. `afterMs`: the vendor wants to be left alone that long. */
  | { readonly kind: 'retryable'; readonly code: string; readonly afterMs?: number }
  /** It may have been sent. `answered`: the vendor itself said that it failed, so nothing is gained by waiting for it. */
  | { readonly kind: 'unknown'; readonly code: string; readonly answered?: true }

/** Nothing was begun, for want of time on our side: that says nothing of the vendor. */
export const NOT_BEGUN = { kind: 'retryable', code: 'started_too_late' } as const satisfies SendOutcome

export interface SendContext {
  /** Aborts when the call has taken too long. */
  readonly signal: AbortSignal
  /** Asked when the connection stands: false, and nothing is written. A process may have been stopped until then. */
  readonly mayBegin?: () => boolean
  /** Called once when the whole request was handed to the network, if it comes to that. */
  readonly onWritten?: () => void
}

/** What a vendor knows of a call whose answer was never read. */
export type Sighting =
  | { readonly kind: 'found'; readonly providerMessageId: string | null }
  /** The vendor has no such message, or will never tell. */
  | { readonly kind: 'not_found' }
  /** It could not say just now. */
  | { readonly kind: 'no_answer' }

/** What a vendor says of a message that it took. */
export type VendorWord =
  | {
      readonly kind: 'known'
      /** null: it says nothing of the message's way. */
      readonly meaning: Meaning | null
      /** Tells this word from the others of its message; the same whoever brings it. */
      readonly identity: readonly string[]
    }
  /** It knows no such message, or will never tell. */
  | { readonly kind: 'not_found' }
  /** It could not say just now. */
  | { readonly kind: 'no_answer' }

export interface Sender<Message = EmailMessage> {
  /** Stands in attempts, events and metrics. */
  readonly provider: string
  send(message: Message, context: SendContext): Promise<SendOutcome>
  /** Where the vendor can be asked: whether it has this message, from no earlier than `since`. */
  readonly lookUp?: (message: Message, since: Date, signal: AbortSignal) => Promise<Sighting>
  /** Where the vendor can be asked: what became of a message that it took, by the id that it gave it. Does not throw. */
  readonly statusOf?: (providerMessageId: string, signal: AbortSignal) => Promise<VendorWord>
}

/** Holds connections open. */
export type OpenSender<Message = EmailMessage> = Sender<Message> & {
  /** Ends them. */
  close(): void
}
