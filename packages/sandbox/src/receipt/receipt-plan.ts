// Which calls a request for receipts comes to, in which order: copies counted out, shuffled as the seed says, and put
// together where the vendor tells several events by one call.

import type { Random } from '../random.ts'
import { CannotTell, type Occurrence, type VendorWebhook } from '../vendor/vendor-webhook.ts'
import { MAX_CALLS, type Receipt, type SeveralReceipts, type Tamper } from './receipt.ts'
import type { SentBook, SentMessage } from './sent-book.ts'

export interface PlannedCall {
  readonly webhook: VendorWebhook
  /** At least one; all of one vendor, sender and kind of tampering. */
  readonly events: readonly Occurrence[]
  readonly sender: string
  readonly tamper: Tamper | undefined
  /** The gateway is not told. */
  readonly lost: boolean
  /** Counted from the request. */
  readonly delayMs: number
}

export interface PlanDeps {
  readonly sent: SentBook
  readonly webhooks: readonly VendorWebhook[]
  readonly random: Random
}

/** In order of sending. @throws {CannotTell} */
export function planOf(deps: PlanDeps, asked: SeveralReceipts, occurredAt: Date): PlannedCall[] {
  const copies = asked.receipts.reduce((count, { times = 1 }) => count + times, 0)
  if (copies > MAX_CALLS) throw new CannotTell(`A request causes ${MAX_CALLS} receipts at most.`)
  const calls = asked.receipts.flatMap((receipt) => copiesOf(deps, receipt, occurredAt))
  const ordered = asked.shuffle === true ? shuffled(calls, deps.random) : calls
  const joined = asked.together === true ? together(ordered) : ordered
  return joined.toSorted((a, b) => a.delayMs - b.delayMs)
}

function copiesOf(deps: PlanDeps, receipt: Receipt, occurredAt: Date): PlannedCall[] {
  const { message_id, status, error_code: errorCode, times = 1, new_ids = false } = receipt
  const sent = deps.sent.find(message_id)
  if (sent === undefined) throw new CannotTell(`No vendor took a message with the id ${message_id}.`)
  const webhook = webhookOf(deps, sent)
  if (receipt.lost === true && webhook.knowing === undefined)
    throw new CannotTell(`${webhook.provider} cannot be asked, so what gets lost did not happen for anybody.`)
  const first = deps.random.bytes(16)
  return Array.from({ length: times }, (_, copy) => {
    const eventId = new_ids && copy > 0 ? deps.random.bytes(16) : first
    return {
      webhook,
      events: [{ sent, status, errorCode, eventId, occurredAt }],
      sender: receipt.sender ?? 'default',
      tamper: receipt.tamper,
      lost: receipt.lost ?? false,
      delayMs: receipt.delay_ms ?? 0,
    }
  })
}

function webhookOf({ webhooks }: PlanDeps, { provider }: SentMessage): VendorWebhook {
  const webhook = webhooks.find((each) => each.provider === provider)
  if (webhook === undefined)
    throw new CannotTell(
      `${provider} tells of its messages by no webhook: a mail server sends bounces as mails, if at all.`,
    )
  return webhook
}

/** The same order for the same seed. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const keyed = items.map((item) => ({ item, key: random.bytes(6).readUIntBE(0, 6) }))
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item)
}

/** Neighbours that may share a call do, as many as the vendor puts into one. */
function together(calls: readonly PlannedCall[]): PlannedCall[] {
  const open = new Map<string, PlannedCall>()
  const joined: PlannedCall[] = []
  for (const call of calls) {
    const { webhook, sender, tamper, lost, delayMs } = call
    const kind = [webhook.provider, sender, tamper, lost, delayMs].join(' ')
    const known = open.get(kind)
    if (known !== undefined && known.events.length < webhook.most) {
      const more = { ...known, events: [...known.events, ...call.events] }
      joined[joined.indexOf(known)] = more
      open.set(kind, more)
    } else {
      joined.push(call)
      open.set(kind, call)
    }
  }
  return joined
}
