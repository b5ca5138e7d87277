// One webhook call as a vendor makes it: no redirect is followed, an answer has five seconds, and what the vendor's rules call
// failed is tried again, sooner than a vendor would.

import { setTimeout as wait } from 'node:timers/promises'
import type { RetryPolicy, WebhookCall } from '../vendor/vendor-webhook.ts'

export interface WebhookAnswer {
  /** Of the last try; null: there was no answer. */
  readonly status: number | null
  /** The answer's beginning; '' without one. */
  readonly body: string
  readonly tries: number
}

const ANSWER_MS = 5_000
const PAUSE_MS = 200
const SHOWN_CHARACTERS = 2_000
const ONCE: RetryPolicy = { retries: 0, on: new Set() }

/** Never throws: a gateway that is away is an answer without a status. `signal` ends waiting too. */
export async function callWebhook(call: WebhookCall, signal: AbortSignal): Promise<WebhookAnswer> {
  const { retries, on } = call.retry ?? ONCE
  for (let tries = 1; ; tries += 1) {
    const { failed, ...answer } = await tryOnce(call, signal)
    if (failed === null || !on.has(failed) || tries > retries || signal.aborted) return { ...answer, tries }
    await wait(PAUSE_MS, undefined, { signal }).catch(() => undefined)
  }
}

type Try = Omit<WebhookAnswer, 'tries'> & { readonly failed: 'ct' | 'rt' | '4xx' | '5xx' | null }

async function tryOnce({ url, headers, body }: WebhookCall, signal: AbortSignal): Promise<Try> {
  const deadline = AbortSignal.timeout(ANSWER_MS)
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, deadline]),
    })
    const text = (await answer.text()).slice(0, SHOWN_CHARACTERS)
    const failed = answer.status < 400 ? null : answer.status < 500 ? '4xx' : '5xx'
    return { status: answer.status, body: text, failed }
  } catch {
    return { status: null, body: '', failed: deadline.aborted ? 'rt' : 'ct' }
  }
}
