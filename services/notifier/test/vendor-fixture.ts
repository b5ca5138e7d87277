// SendGrid's double, with what it was asked and what it is to do wrong.

import { createSandbox } from '@postern/sandbox/sandbox'
import type { TestScope } from '@postern/testkit/postgres'

export interface VendorCall {
  readonly accepted: boolean
  readonly marker: { readonly delivery_id: string; readonly attempt: number | null } | null
}

export interface InboxMessage {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly from_name: string | null
}

export interface Vendor {
  /** Of SendGrid's API. */
  readonly url: string
  fault(fault: Readonly<Record<string, unknown>>): Promise<void>
  /** Every call that named this delivery, whether it was accepted or not. */
  calls(deliveryId: string): Promise<VendorCall[]>
  inbox(to: string): Promise<InboxMessage[]>
}

export async function vendorDouble(t: TestScope): Promise<Vendor> {
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
  return {
    url: `${url}/sendgrid`,
    fault: async (fault) => void (await ask('/faults', { provider: 'sendgrid', times: 1, ...fault })),
    calls: async (deliveryId) => {
      const calls = (await ask('/calls?provider=sendgrid')) as VendorCall[]
      return calls.filter(({ marker }) => marker?.delivery_id === deliveryId)
    },
    inbox: async (to) => (await ask(`/inbox/messages?to=${encodeURIComponent(to)}`)) as InboxMessage[],
  }
}
