// The shape of a vendor's double: one file a vendor. A double knows its vendor's wire format and nothing
// about sockets, faults, the ledger or the inbox; `take-call.ts` knows those and no vendor.

import type { IncomingHttpHeaders } from 'node:http'

export interface VendorCall {
  readonly method: string
  /** Path below the double's prefix, without the query: `/v3/mail/send`. */
  readonly path: string
  /** As it came, without the question mark. */
  readonly query: string
  readonly headers: IncomingHttpHeaders
  /** The bytes as they came. */
  readonly body: Buffer
  readonly at: Date
}

/** What the sender put in for finding its own call again. */
export interface Marker {
  readonly delivery_id: string
  readonly attempt: number | null
  /** Without it nobody can tell whose receipts are. */
  readonly tenant_id: string | null
}

/** Where a message's receipts go, and under which account. */
export interface Reporting {
  readonly callback: string | null
  readonly account: string | null
}

/** A message that the vendor would bring to one recipient. */
export interface OutgoingMessage {
  readonly channel: 'email' | 'sms'
  readonly to: string
  readonly from: string
  readonly from_name: string | null
  readonly subject: string | null
  readonly text: string | null
  readonly html: string | null
  readonly headers: Readonly<Record<string, string>>
}

export interface VendorAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Whether the vendor now owes a delivery: the number that "at most twice" counts. */
  readonly accepted: boolean
  /** The vendor's own id of what it accepted. */
  readonly messageId: string | null
  readonly messages: readonly OutgoingMessage[]
}

export interface VendorDouble {
  /** The name in `/faults`, `/calls` and the inbox. */
  readonly provider: string
  /** Where its API lives on the sandbox: `/sendgrid`. */
  readonly prefix: `/${string}`
  /** Largest body the vendor takes, in bytes. */
  readonly maxBodyBytes: number
  /** Reads the marker leniently, also from a call that the vendor will refuse. */
  markerOf(call: VendorCall): Marker | null
  /** The one recipient, read as leniently; for vendors that take no marker. */
  recipientOf?(call: VendorCall): string | null
  /** Where its receipts go, for vendors that are told so with each message. */
  reportingOf?(call: VendorCall): Reporting
  /** What the vendor would answer. */
  answer(call: VendorCall): Promise<VendorAnswer>
  /** The vendor's own way to say `status`; `errorCode` goes where the vendor puts its codes. */
  refusal(status: number, errorCode?: string | number): VendorAnswer
}
