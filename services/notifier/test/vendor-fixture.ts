// A vendor's double, with what it was asked and what it is to do wrong.

import { createSandbox } from '@postern/sandbox/sandbox'
import type { TestScope } from '@postern/testkit/postgres'
import type { Ids } from './delivery-fixture.ts'

export interface VendorCall {
  readonly method: string
  readonly accepted: boolean
  readonly marker: { readonly delivery_id: string; readonly attempt: number | null } | null
  readonly to: string | null
}

export interface InboxMessage {
  readonly to: string
  readonly subject: string | null
  readonly text: string
  readonly html: string | null
  readonly from: string
  readonly from_name: string | null
}

export type Provider = 'sendgrid' | 'twilio'

export interface Vendor {
  /** Of the provider's API; those of the others are beside it. */
  readonly url: string
  /** Once, on a send, unless told otherwise. */
  fault(fault: Readonly<Record<string, unknown>>): Promise<void>
  /** Every send that was for this delivery, whether it was accepted or not. */
  calls(ids: Pick<Ids, 'deliveryId' | 'to'>): Promise<VendorCall[]>
  /** Every look-up of messages to this delivery's recipient. */
  lookUps(ids: Pick<Ids, 'to'>): Promise<VendorCall[]>
  inbox(to: string): Promise<InboxMessage[]>
}

export async function vendorDouble(t: TestScope, provider: Provider = 'sendgrid'): Promise<Vendor> {
  const { url, close } = await createSandbox()
  t.teardown(close)
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(
      `${url}${path}`,
      body ? { method: 'POST', headers, body: JSON.stringify(body) } : {},
    )
    if (!answer.ok)
      throw new Error(`the sandbox answered ${answer.status} for ${path}: ${await answer.text()}`)
    return answer.json()
  }
  const calls = async () => (await ask(`/calls?provider=${provider}`)) as VendorCall[]
  return {
    url: `${url}/${provider}`,
    fault: async (fault) => void (await ask('/faults', { provider, times: 1, method: 'POST', ...fault })),
    // Twilio takes no mark of ours: its calls are told apart by their numbers.
    calls: async ({ deliveryId, to }) =>
      (await calls()).filter(
        (call) => call.method === 'POST' && (call.marker?.delivery_id === deliveryId || call.to === to),
      ),
    lookUps: async ({ to }) => (await calls()).filter((call) => call.method === 'GET' && call.to === to),
    inbox: async (to) => (await ask(`/inbox/messages?to=${encodeURIComponent(to)}`)) as InboxMessage[],
  }
}
