// Every message that a vendor's double accepted, newest first; old ones fall off the end.

import type { ChannelName } from '@postern/contracts/sender'
import { Newest } from '../newest.ts'
import type { Random } from '../random.ts'
import type { Marker, OutgoingMessage } from '../vendor/vendor-double.ts'

export interface ReceivedMessage extends OutgoingMessage {
  readonly provider: string
  readonly message_id: string | null
  readonly marker: Marker | null
}

export interface InboxMessage extends ReceivedMessage {
  readonly id: string
  /** RFC 3339. */
  readonly received_at: string
}

export interface MessageFilter {
  /** The whole address or number; letters' case does not matter. */
  readonly to?: string
  readonly channel?: ChannelName
  readonly limit?: number
}

/** Characters of text and HTML that the inbox holds at most, whatever the number of messages. */
const MAX_CHARACTERS = 128 * 1024 * 1024

export class Inbox {
  readonly #messages: Newest<InboxMessage>
  readonly #random: Random

  constructor(maxCount: number, random: Random) {
    const weigh = (message: InboxMessage) => (message.text?.length ?? 0) + (message.html?.length ?? 0)
    this.#messages = new Newest({ maxCount, weigh, maxWeight: MAX_CHARACTERS })
    this.#random = random
  }

  /** Gives the message its id and tells it. */
  receive(message: ReceivedMessage, at: Date): string {
    const id = this.#random.uuid()
    this.#messages.add({ id, ...message, received_at: at.toISOString() })
    return id
  }

  /** Newest first. */
  list(filter: MessageFilter = {}): InboxMessage[] {
    const to = filter.to?.toLowerCase()
    const matching = this.#messages
      .oldestFirst()
      .reverse()
      .filter((message) => to === undefined || message.to.toLowerCase() === to)
      .filter((message) => filter.channel === undefined || message.channel === filter.channel)
    return filter.limit === undefined ? matching : matching.slice(0, filter.limit)
  }

  find(id: string): InboxMessage | undefined {
    return this.#messages.oldestFirst().find((message) => message.id === id)
  }

  /** Drops every message and tells how many there were. */
  clear(): number {
    return this.#messages.clear()
  }
}
