// A way to bring messages to people: how a delivery becomes a message, and through which vendors it goes.

import type { VendorRouter } from '../sender/vendor-router.ts'
import type { Claim } from './delivery.ts'

export interface Channel<Message = unknown> {
  readonly name: 'email' | 'sms'
  /**
   * Opens and renders. Whatever it throws counts as poison; an error with a `code` of our own tells which.
   * @returns the message but for the number of its attempt, which is known later
   */
  compose(claim: Claim): (attempt: number) => Message
  readonly vendors: VendorRouter<Message>
}
