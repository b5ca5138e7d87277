// Sends what a request for receipts comes to, and tells what the gateway answered to each call.

import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { Newest } from '../newest.ts'
import { callWebhook } from './call-webhook.ts'
import type { ReceiptStatus, SeveralReceipts, Tamper } from './receipt.ts'
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
  readonly url: string
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
  for (const call of new Map(calls.map((each) => [kindOf(each), each])).values()) await callOf(deps, call)
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
  const call = await callOf(deps, planned)
  const at = deps.clock.now()
  const { status: answered, body, tries } = await callWebhook(call, deps.closing)
  const told = {
    provider: planned.webhook.provider,
    at: at.toISOString(),
    events: planned.events.map(({ sent, status }) => ({ message_id: sent.messageId, status })),
    tamper: planned.tamper ?? null,
    url: withoutQuery(call.url),
    answered,
    body,
    tries,
  }
  deps.told.add(told)
  return told
}

const callOf = (deps: ReceiptDeps, { webhook, events, sender, tamper }: PlannedCall) =>
  webhook.callFor(events, {
    url: `${deps.webhookUrl}/v1/webhooks/${webhook.provider}/${sender}`,
    tamper,
    now: deps.clock.now(),
  })

const kindOf = ({ webhook, events: [event], tamper }: PlannedCall) =>
  [webhook.provider, tamper, event?.status, event?.errorCode, event?.sent.messageId].join(' ')

const withoutQuery = (url: string) => url.replace(/\?.*$/s, '')
