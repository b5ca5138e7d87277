// What a message of a tenant's own reads does not grow with what the tenant has, whatever is known of the tables when its plan is
// made.

import { randomBytes, randomUUID } from 'node:crypto'
import t from 'tap'
import { insertDelivery } from '../../src/delivery/create/create-delivery.store.ts'
import { MESSAGES, type NewDelivery } from '../../src/delivery/create/new-delivery.ts'
import { captured, isFew, openReader } from '../challenge/rows-read.ts'
import { freshEmail } from '../setup.ts'

const SEVERAL = 8

const messageTo = (tenantId: string, email: string): NewDelivery => ({
  tenantId,
  id: randomUUID(),
  channel: 'email',
  limitKey: email,
  identifierDigest: 'told',
  recipientDigest: randomBytes(32),
  template: { name: 'welcome', locale: 'en', version: 1 },
  locale: null,
  payload: randomBytes(100),
  payloadVersion: 1,
  withheld: false,
  sendAt: null,
  expiresAt: null,
})

t.test('messages that are made, beside some that are too many', async (t) => {
  const { house, tenant, read, grow, growALittle } = await openReader(t)
  const statement = await captured<NewDelivery>((run) => insertDelivery(run, {} as NewDelivery))
  const make = async (emails: readonly string[]) => {
    const messages = emails.map((email) => messageTo(tenant.id, email))
    const { answers, most } = await read(statement, messages)
    return { made: answers.filter(({ status }) => status === 'pending').length, most }
  }
  const served = Array.from({ length: SEVERAL }, freshEmail)
  await growALittle()
  await house.admin.query('ANALYZE')
  for (let sends = 1; sends <= MESSAGES.quota; sends++) t.equal((await make(served)).made, SEVERAL)
  t.equal((await make(served)).made, 0)
  await grow()
  const { made, most } = await make([...served, ...Array.from({ length: SEVERAL }, freshEmail)])
  t.equal(made, SEVERAL)
  t.ok(isFew(most, SEVERAL), `${most?.rows} rows of ${most?.table}`)
})
