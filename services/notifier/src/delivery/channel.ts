// A way to bring messages to people: how a delivery becomes a message, and through which vendors it goes.

import type { ChannelName } from '@postern/contracts/sender'
import type { VendorRouter } from '../sender/vendor-router.ts'
import type { Claim } from './delivery.ts'

/** What is known of a message only when its vendor is about to be called. */
export interface Moment {
  /** The attempt's number, from 1. */
  readonly attempt: number
  /** What the message's secret has left to live. */
  readonly secondsLeft: number
}

export interface Channel<Message = unknown> {
  readonly name: ChannelName
  /**
   * Opens and renders. Whatever it throws counts as poison; an error with a `code` of our own tells which.
   * @returns the message but for what its moment adds; of two moments' messages the recipient reads the same words
   */
  compose(claim: Claim): (moment: Moment) => Message
  readonly vendors: VendorRouter<Message>
}
