// A gateway that dies around the commit of a receipt: the vendor gets no 2xx, tries again, and the receipt is applied once.

import t from 'tap'
import { startGateway } from '../gateway-process.ts'
import { eventsOf, newTenant, openGateway } from '../setup.ts'
import {
  givenSent,
  receiptHouse,
  type Sent,
  sendgridCall,
  sendgridEvent,
  statusOf,
  twilioCall,
  twilioForm,
  type VendorCall,
} from './vendor-calls.ts'

const { house } = await receiptHouse(t)
const gateway = await openGateway(t, house)
const tenant = await newTenant(gateway)

/** null: the connection broke. */
async function post(base: string, { url, headers, payload }: VendorCall): Promise<number | null> {
  const answer = await fetch(base + url, { method: 'POST', headers, body: payload }).catch(() => null)
  await answer?.arrayBuffer()
  return answer?.status ?? null
}

const CASES = [
  {
    point: 'K10',
    when: 'verified and not committed',
    left: 'accepted',
    provider: 'sendgrid',
    make: (sent: Sent) => sendgridCall([sendgridEvent(sent, 'delivered')]),
  },
  {
    point: 'K11',
    when: 'committed and not answered',
    left: 'delivered',
    provider: 'twilio',
    make: (sent: Sent) => twilioCall(gateway, sent, twilioForm('delivered')),
  },
]

for (const { point, when, left, provider, make } of CASES) {
  t.test(`a receipt ${when} when the gateway dies is applied once in the end`, async (t) => {
    const sent = await givenSent(gateway, tenant, provider)
    const call = make(sent)
    const doomed = await startGateway(t, house, { POSTERN_FAILPOINT: `${point}:kill` })
    t.equal(await post(doomed.url, call), null, 'no 2xx')
    t.equal(await statusOf(gateway, sent), left)
    for (const time of ['tried again', 'and once more'])
      t.equal((await gateway.call({ method: 'POST', ...call })).status, 200, time)
    t.equal(await statusOf(gateway, sent), 'delivered')
    const told = (await eventsOf(gateway, tenant.id)).filter(
      ({ subject, kind }) => kind === 'delivery.delivered' && subject.endsWith(sent.deliveryId),
    )
    t.equal(told.length, 1)
  })
}
