// The vendors' receipts through the real processes: each vendor's own webhook, signed by the sandbox with the keys that
// `npm start` makes, is believed by the gateway; what was tampered with is not, and moves nothing.

import type { IssuedChallenge } from '@postern/contracts/http/challenge'
import { until } from '@postern/testkit/poll'
import t from 'tap'
import { oneHouse } from '../../src/one-house.ts'
import { Client, freshEmail, freshPhone } from '../../src/postern.client.ts'

interface Call {
  readonly provider: string
  readonly accepted: boolean
  readonly message_id: string
}
interface Delivery {
  readonly status: string
  readonly receipts: readonly { readonly status: string; readonly provider: string }[]
}
interface Told {
  readonly receipts: readonly { readonly answered: number }[]
}

/** Each vendor, and which others must be down so that it is asked. */
const VENDORS: readonly (readonly [provider: string, before: readonly string[]])[] = [
  ['sendgrid', []],
  ['ses', ['sendgrid']],
  ['gateway', ['sendgrid', 'ses', 'smtp']],
  ['twilio', []],
]
/** SendGrid, SES and the gateway may sign for whomever they like: another tenant has no such delivery. */
const OF_ANOTHER = { sendgrid: 200, ses: 200, gateway: 200, twilio: 401 } as const

t.test('every vendor’s receipt is believed once, and no forgery of it', async (t) => {
  const { dev } = await oneHouse()
  const client = new Client(dev)
  const ask = async <T>(method: string, path: string, body?: object): Promise<T> =>
    (await client.call(method, `${dev.sandbox}${path}`, { body })).body as T
  const deliveryOf = async (id: string) =>
    (await client.call<Delivery>('GET', `${dev.gateway}/v1/deliveries/${id}`)).body.data

  for (const [provider, before] of VENDORS) {
    await ask('DELETE', '/faults')
    for (const other of before) await ask('POST', '/faults', { provider: other, mode: 'status', status: 503 })
    const body =
      provider === 'twilio' ? { channel: 'sms', to: freshPhone() } : { channel: 'email', to: freshEmail() }
    const issued = await client.call<IssuedChallenge>('POST', `${dev.gateway}/v1/otps`, { body })
    const { id } = issued.body.data.delivery
    let call: Call | undefined
    await until(
      async () => {
        const calls = await ask<Call[]>('GET', `/calls?delivery_id=${id}`)
        call = calls.find(({ accepted }) => accepted)
        return call !== undefined && (await deliveryOf(id)).status === 'accepted'
      },
      { deadlineMs: 30_000, what: `a message taken by ${provider}` },
    )
    t.equal(call?.provider, provider)
    const tell = async (more: object) => {
      const receipt = { message_id: call?.message_id, status: 'delivered', ...more }
      return (await ask<Told>('POST', '/receipts', receipt)).receipts.map(({ answered }) => answered)
    }
    for (const tamper of ['signature', 'body', 'timestamp', ...(provider === 'twilio' ? [] : ['stale'])])
      t.same(await tell({ tamper }), [401], `${provider}: ${tamper}`)
    t.same(await tell({ tamper: 'tenant' }), [OF_ANOTHER[provider as keyof typeof OF_ANOTHER]])
    t.match(await deliveryOf(id), { status: 'accepted', receipts: [] }, `${provider}: nothing moved`)

    t.same(await tell({ times: 3 }), [200, 200, 200], provider)
    t.same(await tell({ status: 'sent' }), [200], `${provider}: what comes late is taken`)
    const { status, receipts } = await deliveryOf(id)
    t.equal(status, 'delivered', `${provider}: and moves nothing back`)
    t.same(
      receipts.map((each) => each.status).toSorted(),
      ['delivered', 'sent'],
      `${provider}: each counts once`,
    )
    t.ok(receipts.every((each) => each.provider === provider))
  }
})
