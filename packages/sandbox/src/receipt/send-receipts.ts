// Sends what a request for receipts comes to, and tells what the gateway answered to each call.

import { setTimeout as wait } from 'node:timers/promises'
import type { ReceiptStatus } from '@postern/contracts/receipt'
import type { Clock } from '../clock.ts'
import type { Newest } from '../newest.ts'
import { callWebhook } from './call-webhook.ts'
import type { SeveralReceipts, Tamper } from './receipt.ts'
import { type PlanDeps, type PlannedCall, planOf } from './receipt-plan.ts'

export interface ReceiptDeps extends PlanDeps {
  readonly clock: Clock
  /** The gateway's webhooks: `<base>/v1/webhooks/…`. */
  readonly webhookUrl: string
  readonly told: Newest<ToldReceipt>
  /** Ends every wait, when the sandbox closes. */
  readonly closing: AbortSignal
}

export interface ToldReceipt {
  readonly provider: string
  /** RFC 3339, when it was sent. */
  readonly at: string
  /** One, or several where they went together. */
  readonly events: readonly { readonly message_id: string; readonly status: ReceiptStatus }[]
  readonly tamper: Tamper | null
  /** Without its query, which is a capability; null: the call got lost. */
  readonly url: string | null
  /** What the gateway answered at last; null: it did not. */
  readonly answered: number | null
  readonly body: string
  readonly tries: number
}

/** In the order in which they were sent. @throws {CannotTell} before anything is sent */
export async function sendReceipts(deps: ReceiptDeps, asked: SeveralReceipts): Promise<ToldReceipt[]> {
  const began = deps.clock.now()
  const calls = planOf(deps, asked, began)
  // Whether they can be made at all is found out before the first goes out.
  for (const call of new Map(calls.map((each) => [kindOf(each), each])).values()) {
    if (!call.lost) await callOf(deps, call)
    else for (const event of call.events) call.webhook.knowing?.(event)
  }
  if (asked.at_once === true) return await Promise.all(calls.map((call) => tell(deps, call, call.delayMs)))
  const told: ToldReceipt[] = []
  let waited = 0
  for (const call of calls) {
    told.push(await tell(deps, call, call.delayMs - waited))
    waited = call.delayMs
  }
  return told
}

async function tell(deps: ReceiptDeps, planned: PlannedCall, delayMs: number): Promise<ToldReceipt> {
  if (delayMs > 0) await wait(delayMs, undefined, { signal: deps.closing }).catch(() => undefined)
  const { webhook, events, tamper, lost } = planned
  // What somebody else made up did not happen.
  if (tamper === undefined) for (const event of events) webhook.knowing?.(event)()
  const at = deps.clock.now().toISOString()
  const call = lost ? null : await callOf(deps, planned)
  const answer = call === null ? NOT_TOLD : await callWebhook(call, deps.closing)
  const told = {
    provider: webhook.provider,
    at,
    events: events.map(({ sent, status }) => ({ message_id: sent.messageId, status })),
    tamper: tamper ?? null,
    url: call === null ? null : withoutQuery(call.url),
    answered: answer.status,
    body: answer.body,
    tries: answer.tries,
  }
  deps.told.add(told)
  return told
}

const NOT_TOLD = { status: null, body: '', tries: 0 }

const callOf = (deps: ReceiptDeps, { webhook, events, sender, tamper }: PlannedCall) =>
  webhook.callFor(events, {
    url: `${deps.webhookUrl}/v1/webhooks/${webhook.provider}/${sender}`,
    tamper,
    now: deps.clock.now(),
  })

const kindOf = ({ webhook, events: [event], tamper, lost }: PlannedCall) =>
  [webhook.provider, tamper, lost, event?.status, event?.errorCode, event?.sent.messageId].join(' ')

const withoutQuery = (url: string) => url.replace(/\?.*$/s, '')
