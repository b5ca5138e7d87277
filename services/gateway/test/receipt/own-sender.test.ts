// A tenant's own sender is checked by its own key and speaks of what it sent for its tenant, and of nothing else.

import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { newTenant, openGateway, operator, type Tenant } from '../setup.ts'
import { givenSent, keep, receiptHouse, statusOf, TOPIC, type VendorCall } from './vendor-calls.ts'
import { vendorsOf } from './vendor-list.ts'

const { house, snsOrigin } = await receiptHouse(t)
const gateway = await openGateway(t, house)
const call = ({ url, headers, payload }: VendorCall) =>
  gateway.call({ method: 'POST', url, headers, payload })

const SETTINGS: Record<string, object> = {
  sendgrid: { channel: 'email', settings: {} },
  ses: { channel: 'email', settings: { region: 'eu-west-1', topic_arn: TOPIC } },
  gateway: { channel: 'email', settings: { url: 'https://gateway.example/' } },
  twilio: { channel: 'sms', settings: { account_sid: `AC${'0'.repeat(32)}`, from: '+15005550006' } },
}
const FILES: Record<string, string> = {
  sendgrid: 'sendgrid-receipt-key',
  twilio: 'twilio-receipt-token',
  gateway: 'gateway-receipt-key',
}

async function addSender(tenant: Tenant, provider: string, secret: string): Promise<string> {
  const body = { provider, secret, ...SETTINGS[provider] }
  const { body: answer } = await operator(gateway, 'POST', `/v1/tenants/${tenant.id}/senders`, body)
  return answer.data.id
}

for (const vendor of vendorsOf(gateway, `${snsOrigin}/certificate.pem`)) {
  const { name } = vendor
  t.test(`${name}: a tenant’s own sender speaks of that tenant’s messages alone`, async (t) => {
    const file = FILES[name]
    if (file !== undefined) {
      const text = await readFile(join(house.secretsDir, file), 'utf8')
      await keep(house, `receipt-own-${name}`, text.trim())
    }
    const [theirs, others] = [await newTenant(gateway), await newTenant(gateway)]
    const id = await addSender(theirs, name, `own-${name}`)
    const ours = await givenSent(gateway, theirs, name, id)
    const foreign = await givenSent(gateway, others, name)
    const ofHouse = await givenSent(gateway, theirs, name)
    for (const sent of [foreign, ofHouse]) {
      t.equal((await call(vendor.delivered(sent, id))).status, 200)
      t.equal(await statusOf(gateway, sent), 'accepted', 'another tenant’s, and what another sender sent')
    }
    t.equal((await call(vendor.delivered(ours))).status, 200)
    t.equal(await statusOf(gateway, ours), 'accepted', 'nor does the house speak of what it did not send')
    t.equal((await call(vendor.delivered(ours, id))).status, 200)
    t.equal(await statusOf(gateway, ours), 'delivered')
  })

  t.test(`${name}: an unknown sender, another vendor’s, and one without a key are 401`, async (t) => {
    const tenant = await newTenant(gateway)
    const other = name === 'gateway' ? 'sendgrid' : 'gateway'
    const [elsewhere, bare] = [
      await addSender(tenant, other, 'own'),
      await addSender(tenant, name, 'no-such-file'),
    ]
    const sent = await givenSent(gateway, tenant, name, bare)
    for (const id of [randomUUID(), elsewhere]) t.equal((await call(vendor.delivered(sent, id))).status, 401)
    if (name !== 'ses') t.equal((await call(vendor.delivered(sent, bare))).status, 401)
    t.equal(await statusOf(gateway, sent), 'accepted')
  })
}
