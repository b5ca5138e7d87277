// Takes one vendor call: draws the scripted fault, asks the double, writes inbox and ledger, and only then
// says what goes over the wire. What the ledger holds is therefore true even when no answer arrives.

import { createHash } from 'node:crypto'
import { type Fault, type FaultMode, looksAtTheCall } from '../fault/fault.ts'
import type { FaultScript } from '../fault/fault-script.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { Answered, Ledger } from '../ledger/ledger.ts'
import type { SentBook } from '../receipt/sent-book.ts'
import type { VendorAnswer, VendorCall, VendorDouble } from './vendor-double.ts'

export interface VendorParts {
  readonly faults: FaultScript
  readonly inbox: Inbox
  readonly ledger: Ledger
  readonly sent: SentBook
}

/** What the route acts out: the vendor's answer, if there is one, and the fault that spoils it. */
export interface TakenCall {
  readonly answer: VendorAnswer | null
  readonly fault: Fault | null
}

/** Draws at most one fault. The draw is synchronous, so `times` is exact under any concurrency. */
export async function takeCall(
  parts: VendorParts,
  double: VendorDouble,
  call: VendorCall,
): Promise<TakenCall> {
  const fault = parts.faults.draw(double.provider, call.method)
  const answer = await answerTo(double, call, fault)
  writeDown(parts, double, call, { answer, fault })
  return { answer, fault }
}

/** Writes one call into the ledger, and what was accepted into the inbox. */
export function writeDown(
  parts: VendorParts,
  double: Pick<VendorDouble, 'provider' | 'markerOf' | 'recipientOf' | 'reportingOf'>,
  call: VendorCall,
  taken: TakenCall,
): void {
  const { provider } = double
  const mode = taken.fault?.mode ?? null
  const marker = double.markerOf(call)
  const messageId = taken.answer?.messageId ?? null
  parts.ledger.record({
    provider,
    at: call.at,
    method: call.method,
    path: call.path,
    marker,
    to: double.recipientOf?.(call) ?? null,
    body_sha256: createHash('sha256').update(call.body).digest('hex'),
    body_bytes: call.body.length,
    accepted: taken.answer?.accepted ?? false,
    message_id: messageId,
    fault: mode,
    answered: answeredBy(taken.answer, mode),
  })
  const { callback, account } = double.reportingOf?.(call) ?? { callback: null, account: null }
  for (const message of taken.answer?.messages ?? []) {
    const id = parts.inbox.receive({ ...message, provider, message_id: messageId, marker }, call.at)
    if (messageId === null) continue
    const { to, from } = message
    parts.sent.add({ provider, messageId, to, from, marker, callback, account, at: call.at }, id)
  }
}

async function answerTo(
  double: VendorDouble,
  call: VendorCall,
  fault: Fault | null,
): Promise<VendorAnswer | null> {
  if (fault === null || looksAtTheCall(fault)) return await double.answer(call)
  if (fault.status !== undefined) return double.refusal(fault.status, fault.error_code)
  return null
}

function answeredBy(answer: VendorAnswer | null, mode: FaultMode | null): Answered {
  if (mode === 'timeout') return { outcome: 'silence', status: null, body: null }
  if (mode === 'reset_before' || mode === 'accept_then_reset')
    return { outcome: 'reset', status: null, body: null }
  return { outcome: 'answer', status: answer?.status ?? null, body: answer?.body ?? null }
}
