// Which vendor is asked next: the first of the list that refused this delivery least often.

import type { Sender } from './sender.ts'

export interface Route<Message> {
  readonly sender: Sender<Message>
  /** Another vendor was not asked yet, so a refusal by this one need not wait. */
  readonly hasAnother: boolean
}

export interface VendorRouter<Message> {
  /** @param refusedBy the vendors that did not take the delivery so far, one entry an attempt */
  route(refusedBy: readonly string[]): Route<Message>
  /** The vendor of an earlier attempt; undefined: it is not on the list any more. */
  vendor(provider: string): Sender<Message> | undefined
}

/** @param senders in order of preference, at least one */
export function createVendorRouter<Message>(
  senders: readonly [Sender<Message>, ...Sender<Message>[]],
): VendorRouter<Message> {
  return {
    vendor: (provider) => senders.find((sender) => sender.provider === provider),
    route(refusedBy) {
      const refusals = (sender: Sender<Message>) =>
        refusedBy.filter((name) => name === sender.provider).length
      const sender = senders.reduce((best, next) => (refusals(next) < refusals(best) ? next : best))
      const hasAnother = senders.some((other) => other !== sender && refusals(other) === 0)
      return { sender, hasAnother }
    },
  }
}
