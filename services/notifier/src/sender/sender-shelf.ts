// The senders of tenants' own, built when first needed and kept while nothing about them changed. One that cannot be built
// is passed over, told in the log and counted; it is tried again by itself.

import { type ChannelName, secretFileOf } from '@postern/contracts/sender'
import type { Clock } from '@postern/service-kit/clock'
import { type ConfiguredSender, SenderFault, type SenderPlan } from './configured-sender.ts'
import type { OpenSender, Sender } from './sender.ts'

export interface ShelfOptions<Message> {
  readonly channel: ChannelName
  readonly build: (plan: SenderPlan) => OpenSender<Message>
  /** The credential in the file that a row's `secret` names; undefined: there is no such file. May throw. */
  readonly readSecret: (name: string) => string | undefined
  readonly clock: Clock
  readonly logger: { error(facts: object, message: string): void; info(facts: object, message: string): void }
  readonly onNotReady: (provider: string) => void
}

export interface SenderShelf<Message> {
  /** null: not ready. */
  take(configured: ConfiguredSender): Sender<Message> | null
  close(): void
}

/** How often a secret's file is looked at again. */
const LOOK_MS = 5_000
/** What was replaced may still be in a call. */
const RETIRE_MS = 15_000
const MAX_KEPT = 1_000

interface Kept<Message> {
  readonly version: string
  readonly secret: string | null
  readonly sender: OpenSender<Message> | null
  lookedAt: number
}

export function createSenderShelf<Message>(options: ShelfOptions<Message>): SenderShelf<Message> {
  const { clock, onNotReady } = options
  const kept = new Map<string, Kept<Message>>()
  const retiring = new Set<OpenSender<Message>>()

  function retire(sender: OpenSender<Message> | null): void {
    if (sender === null) return
    retiring.add(sender)
    setTimeout(() => {
      retiring.delete(sender)
      sender.close()
    }, RETIRE_MS).unref()
  }

  function renew(configured: ConfiguredSender, last: Kept<Message> | undefined): Kept<Message> {
    const made = make(options, configured, last)
    if (made === last) {
      last.lookedAt = clock.now().getTime()
      return last
    }
    retire(last?.sender ?? null)
    kept.delete(configured.id)
    const [oldest] = kept
    if (kept.size >= MAX_KEPT && oldest !== undefined) {
      kept.delete(oldest[0])
      retire(oldest[1].sender)
    }
    kept.set(configured.id, made)
    return made
  }

  return {
    take(configured) {
      const last = kept.get(configured.id)
      const age = clock.now().getTime() - (last?.lookedAt ?? Number.NEGATIVE_INFINITY)
      const isFresh = last?.version === configured.version && age >= 0 && age < LOOK_MS
      const { sender } = isFresh && last !== undefined ? last : renew(configured, last)
      if (sender === null) onNotReady(configured.provider)
      return sender
    },
    close() {
      for (const { sender } of kept.values()) sender?.close()
      for (const sender of retiring) sender.close()
      kept.clear()
    },
  }
}

/** The last one, where nothing changed. */
function make<Message>(
  { channel, build, readSecret, clock, logger }: ShelfOptions<Message>,
  { id, provider, settings, secret: name, version }: ConfiguredSender,
  last: Kept<Message> | undefined,
): Kept<Message> {
  const facts = { sender_id: id, channel, provider }
  const lookedAt = clock.now().getTime()
  const file = name === null ? null : secretFileOf(name)
  let secret: string | null = null
  try {
    secret = name === null ? null : (readSecret(name) ?? missing())
    if (last?.sender && last.version === version && last.secret === secret) return last
    const sender = build({ channel, provider, settings, secret, senderId: id })
    logger.info(facts, 'sender is ready')
    return { version, secret, sender, lookedAt }
  } catch (error) {
    // What the files' reader says names the file and never what stands in it; here its code is enough.
    const fault = error instanceof SenderFault ? error.code : 'secret_unusable'
    if (last?.sender === null && last.version === version) return last
    logger.error({ ...facts, file, fault }, 'sender is not ready: it is passed over')
    return { version, secret, sender: null, lookedAt }
  }
}

function missing(): never {
  throw new SenderFault('secret_missing')
}
