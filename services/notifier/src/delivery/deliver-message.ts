// Brings one delivery one step further: claim, make the message, record the attempt, call the vendor, record what came of
// it. Whatever happens between two of these steps, the lease ends and another worker goes on from what Postgres holds.

import type { Database } from '@postern/db/pool'
import { alone } from '@postern/db/with-tenant'
import { currentTraceparent, traceIdOf, withTraceparent } from '@postern/telemetry/traceparent'
import type { Channel, Moment } from './channel.ts'
import { claimDelivery } from './claim.store.ts'
import { ENDS_DELIVERY, type Refusal } from './delivery.ts'
import { findSent, type Search } from './find-sent.ts'
import { recordPoison } from './poison.store.ts'
import { type SendDeps, type Sent, sendMessage } from './send-message.ts'

export interface DeliverDeps<DB> extends SendDeps {
  readonly database: Database<DB>
  /** Names this process in the rows that it holds. */
  readonly worker: string
}

export interface DeliverInput {
  readonly tenantId: string
  readonly deliveryId: string
}

/** What became of it. */
export type Delivered =
  /** `ended`: the status it ended with by this refusal; null when it did not. */
  | { readonly kind: 'refused'; readonly reason: Refusal; readonly ended: string | null }
  /** `status` null: another worker had taken over. */
  | { readonly kind: 'poisoned'; readonly reason: string; readonly status: 'pending' | 'dead_letter' | null }
  /** By an earlier attempt, as its vendor says. `seconds`: since it was due. */
  | (Search & { readonly seconds: number })
  | Sent

export async function deliverMessage<DB, Message>(
  deps: DeliverDeps<DB>,
  channel: Channel<Message>,
  input: DeliverInput,
): Promise<Delivered> {
  deps.failpoint('K5')
  const scope = { tenantId: input.tenantId, actor: 'service:notifier', requestId: null }
  const claiming = alone(deps.database, { ...scope, traceparent: null })
  const answer = await claimDelivery(claiming, {
    ...input,
    channel: channel.name,
    worker: deps.worker,
  })
  if (answer.kind === 'refused') {
    const { reason, status } = answer
    return { kind: 'refused', reason, ended: ENDS_DELIVERY.has(reason) ? status : null }
  }
  const { claim } = answer
  const claimedAt = deps.clock.now()
  const run = alone(deps.database, { ...scope, traceparent: claim.traceparent })
  return inTraceOf(claim.traceparent, async () => {
    const made = compose(() => channel.compose(claim))
    if ('poison' in made) {
      return { kind: 'poisoned', reason: made.poison, status: await recordPoison(run, claim, made.poison) }
    }
    const input = { claim, claimedAt, run, vendors: channel.vendors.of(claim.senders), message: made.message }
    const found = await findSent(input)
    return found === null ? sendMessage(deps, input) : { ...found, seconds: claim.secondsWaited }
  })
}

type Made<Message> = { message: (moment: Moment) => Message } | { poison: string }

/** Whatever goes wrong here is the message's fault, and goes on being so: the cause is told by its code alone. */
function compose<Message>(work: () => (moment: Moment) => Message): Made<Message> {
  try {
    return { message: work() }
  } catch (error) {
    const { code } = error as { code?: unknown }
    return { poison: typeof code === 'string' && /^[a-z_]{1,40}$/.test(code) ? code : 'message_failed' }
  }
}

/** The request's trace goes on here, as a part of the job's span where that belongs to it already. */
function inTraceOf<R>(traceparent: string | null, work: () => R): R {
  const trace = traceIdOf(traceparent)
  return trace === null || trace === traceIdOf(currentTraceparent())
    ? work()
    : withTraceparent(traceparent, work)
}
