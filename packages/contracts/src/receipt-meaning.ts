// What a vendor's event means to us: its word, what it proves of the attempt, and whether the recipient wants or can get
// nothing more. Each vendor's reader maps its own events to these.

import type { ReceiptStatus, SuppressionReason } from './receipt.ts'

export interface Meaning {
  readonly status: ReceiptStatus
  /** Besides that the vendor took the message. `undelivered` may go by another vendor, `rejected` goes by none. */
  readonly proves: 'undelivered' | 'rejected' | 'delivered' | null
  /** Handed on to whoever brings it to the person: nobody waits for a further word. */
  readonly passedOn: boolean
  readonly suppress: SuppressionReason | null
  /** Ours, never the vendor's words. */
  readonly errorCode: string | null
}

const PLAIN: Meaning = { status: 'sent', proves: null, passedOn: false, suppress: null, errorCode: null }

export const TAKEN: Meaning = PLAIN
export const PASSED_ON: Meaning = { ...PLAIN, passedOn: true }
export const DEFERRED: Meaning = { ...PLAIN, status: 'deferred' }
export const DELIVERED: Meaning = { ...PLAIN, status: 'delivered', proves: 'delivered' }

/** Whoever complains has got it. */
export const COMPLAINED: Meaning = {
  ...PLAIN,
  status: 'complained',
  proves: 'delivered',
  suppress: 'complaint',
}

/** Whoever unsubscribes by a link in it has got it. */
export const UNSUBSCRIBED: Meaning = {
  ...PLAIN,
  status: 'opted_out',
  proves: 'delivered',
  suppress: 'opt_out',
}

/** Not sent, as the recipient had opted out before. */
export const OPTED_OUT: Meaning = {
  ...PLAIN,
  status: 'opted_out',
  proves: 'rejected',
  suppress: 'opt_out',
  errorCode: 'recipient_opted_out',
}

/** The vendor did not send it, as the recipient had complained before. */
export const COMPLAINED_BEFORE: Meaning = {
  ...PLAIN,
  status: 'undelivered',
  proves: 'rejected',
  suppress: 'complaint',
  errorCode: 'recipient_complained',
}

export const BOUNCED: Meaning = {
  ...PLAIN,
  status: 'bounced',
  proves: 'rejected',
  suppress: 'hard_bounce',
  errorCode: 'hard_bounce',
}

/** Another vendor may have more luck. */
export const undelivered = (errorCode: string): Meaning => ({
  ...PLAIN,
  status: 'undelivered',
  proves: 'undelivered',
  errorCode,
})

/** Another vendor would have no more luck, or must not be asked. */
export const rejected = (errorCode: string): Meaning => ({ ...undelivered(errorCode), proves: 'rejected' })
