// What a vendor's word about a message means to us: what it proves of the attempt, and whether the recipient wants or can
// get nothing more. Each vendor's words are mapped to these.

export interface Meaning {
  readonly status: 'sent' | 'delivered' | 'undelivered' | 'bounced' | 'complained' | 'opted_out' | 'deferred'
  /** Besides that the vendor took the message. `undelivered` may go by another vendor, `rejected` goes by none. */
  readonly proves: 'undelivered' | 'rejected' | 'delivered' | null
  /** Handed on to whoever brings it to the person: nobody waits for a further word. */
  readonly passedOn: boolean
  readonly suppress: 'hard_bounce' | 'complaint' | 'opt_out' | null
  /** Ours, never the vendor's words. */
  readonly errorCode: string | null
}

export const TAKEN: Meaning = {
  status: 'sent',
  proves: null,
  passedOn: false,
  suppress: null,
  errorCode: null,
}
export const PASSED_ON: Meaning = { ...TAKEN, passedOn: true }
export const DELIVERED: Meaning = { ...TAKEN, status: 'delivered', proves: 'delivered' }

/** Not sent, as the recipient had opted out before. */
export const OPTED_OUT: Meaning = {
  ...TAKEN,
  status: 'opted_out',
  proves: 'rejected',
  suppress: 'opt_out',
  errorCode: 'recipient_opted_out',
}

/** Another vendor may have more luck. */
export const undelivered = (errorCode: string): Meaning => ({
  ...TAKEN,
  status: 'undelivered',
  proves: 'undelivered',
  errorCode,
})

/** Another vendor would have no more luck, or must not be asked. */
export const rejected = (errorCode: string): Meaning => ({ ...undelivered(errorCode), proves: 'rejected' })
