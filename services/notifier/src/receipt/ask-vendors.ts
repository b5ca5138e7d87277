// Asks vendors what became of messages that no receipt told of. What they say counts as a receipt does, and once, whoever
// brings it first.

import type { NotifierDatabase } from '@postern/db/databases/notifier.database'
import type { Database } from '@postern/db/pool'
import { applyReceipts, type ReceiptResult } from '@postern/db/receipt.store'
import { alone } from '@postern/db/with-tenant'
import type { Clock } from '@postern/service-kit/clock'
import { whole } from '@postern/service-kit/whole'
import type { Metrics } from '@postern/telemetry/metric-names'
import { sha256 } from '@postern/token/digest'
import { frame } from '@postern/token/framing'
import type { ConfiguredSender } from '../sender/configured-sender.ts'
import type { Sender, VendorWord } from '../sender/sender.ts'
import type { VendorChoice, VendorRouter } from '../sender/vendor-router.ts'
import { claimUnreported, sendersOf, type Unreported } from './unreported.store.ts'

export interface AskDeps {
  readonly database: Database<NotifierDatabase>
  readonly vendors: Readonly<Record<'email' | 'sms', Pick<VendorRouter<never>, 'of'>>>
  readonly clock: Clock
  readonly metrics: Metrics
  /** Tells the relay that something is due again at once. */
  readonly nudge: () => void
}

/** Well below the time that a stop may take. */
const CALL_MS = 4_000

/** Calls under way: a slow vendor holds up a backlog of a few thousand for minutes, not for hours. */
const AT_ONCE = 8

/**
 * One call for each message, several at a time. Each vendor is asked of one message first; one that could not say just now
 * is left alone for the rest of the batch.
 * @returns how many were named; fewer than `batch`: nobody else's turn it is
 * @throws once no call is under way any more, what was first thrown
 */
export async function askVendors(deps: AskDeps, batch: number, stopping: () => boolean): Promise<number> {
  const { db } = deps.database
  const named = await claimUnreported(db, batch)
  const own = await sendersOf(
    db,
    named.flatMap(({ senderId }) => senderId ?? []),
  )
  const silent = new Set<string>()
  const ask = async (message: Unreported) => {
    const key = keyOf(message)
    const statusOf = senderOf(deps, message, own)?.statusOf
    if (statusOf === undefined || silent.has(key) || stopping()) return
    const word = await statusOf(message.providerMessageId, AbortSignal.timeout(CALL_MS))
    deps.metrics.vendorsAsked.add(1, { provider: message.provider, outcome: word.kind })
    if (word.kind === 'no_answer') silent.add(key)
    if ((await record(deps, message, word)) === 'pending') deps.nudge()
  }
  const firsts = new Map(named.toReversed().map((message) => [keyOf(message), message]))
  const isFirst = (message: Unreported) => firsts.get(keyOf(message)) === message
  await severalAtOnce(named.filter(isFirst), ask)
  await severalAtOnce(
    named.filter((message) => !isFirst(message)),
    ask,
  )
  return named.length
}

const keyOf = ({ senderId, provider }: Unreported) => senderId ?? provider

async function severalAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  const one = async () => {
    for (const item of left) await work(item)
  }
  await whole(Array.from({ length: AT_ONCE }, one))
}

function senderOf(
  { vendors }: AskDeps,
  { channel, provider, senderId }: Unreported,
  own: ReadonlyMap<string, ConfiguredSender>,
): Sender<never> | undefined {
  const configured = senderId === null ? undefined : own.get(senderId)
  if (senderId !== null && configured === undefined) return undefined
  const choice: VendorChoice<never> = vendors[channel].of(configured === undefined ? [] : [configured])
  return choice.vendor(senderId ?? provider)
}

/** That a vendor took it is known; only what is more is recorded. */
async function record(
  { database, clock }: AskDeps,
  { tenantId, deliveryId, attempt, provider, senderId, providerMessageId, traceparent }: Unreported,
  word: VendorWord,
): Promise<ReceiptResult['moved']> {
  if (word.kind !== 'known' || word.meaning === null) return null
  const { meaning, identity } = word
  if (meaning.proves === null && !meaning.passedOn) return null
  const run = alone(database, { tenantId, actor: 'service:notifier', requestId: null, traceparent })
  const eventKey = sha256(frame(deliveryId, String(attempt), ...identity))
  const receipt = { ...meaning, eventKey, deliveryId, attempt, providerMessageId, occurredAt: clock.now() }
  const [result] = await applyReceipts(run, { tenantId, provider, senderId, receipts: [receipt] })
  return result?.moved ?? null
}
