// The messages that a vendor took, as far as its later receipts need them. Found by the vendor's own id or by the inbox's;
// emptying the inbox takes nothing away here. Old ones fall off the end.

import type { Marker } from '../vendor/vendor-double.ts'

/** One message to one recipient. */
export interface SentMessage {
  readonly provider: string
  readonly messageId: string
  readonly to: string
  readonly from: string
  readonly marker: Marker | null
  /** Where this message's receipts go to, where the vendor was told so with the message. */
  readonly callback: string | null
  /** The caller's account with the vendor, where its receipts name it. */
  readonly account: string | null
  readonly at: Date
}

export class SentBook {
  readonly #maxCount: number
  readonly #messages = new Map<string, SentMessage>()
  readonly #listeners: ((sent: SentMessage) => void)[] = []

  constructor(maxCount: number) {
    this.#maxCount = maxCount
  }

  /** @param inboxId of the same message in the inbox */
  add(sent: SentMessage, inboxId: string): void {
    // One that goes to several is told of by its vendor's id with its first recipient.
    if (!this.#messages.has(sent.messageId)) this.#messages.set(sent.messageId, sent)
    this.#messages.set(inboxId, sent)
    for (const oldest of this.#messages.keys()) {
      if (this.#messages.size <= this.#maxCount * 2) break
      this.#messages.delete(oldest)
    }
    for (const tell of this.#listeners) tell(sent)
  }

  find(id: string): SentMessage | undefined {
    return this.#messages.get(id)
  }

  /** Told of every message from now on, when it is taken. */
  onSent(tell: (sent: SentMessage) => void): void {
    this.#listeners.push(tell)
  }
}
