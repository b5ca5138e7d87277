// Which template a message is written by: the chain from the wanted locale to what is built in, and whose it is.

import { alone } from '@postern/db/with-tenant'
import t from 'tap'
import { findTemplate } from '../../src/template/find-template.store.ts'
import { newTenant, openGateway, openHouse } from '../setup.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)

interface Written {
  name?: string
  locale: string
  version?: number
  email?: string | null
  sms?: string | null
}

async function setup(defaultLocale = 'en') {
  const { id } = await newTenant(gateway)
  await house.admin.query('UPDATE tenants SET default_locale = $2 WHERE id = $1', [id, defaultLocale])
  const write = async ({ name = 'order', locale, version = 1, email = null, sms = null }: Written) => {
    await house.admin.query(
      `INSERT INTO templates (tenant_id, name, locale, version, email_subject, email_text, sms_text)
       VALUES ($1, $2, $3, $4, $5, $5, $6)`,
      [id, name, locale, version, email, sms],
    )
  }
  const scope = { tenantId: id, actor: 'service:test', requestId: null, traceparent: null }
  const run = alone(gateway.context.database, scope)
  const find = async (locale: string | null, channel: 'email' | 'sms' = 'email', name = 'order') => {
    const found = await findTemplate(run, id, { name, channel, locale })
    return found && `${found.locale} ${found.version}`
  }
  return { id, run, write, find }
}

t.test('the nearest locale wins, then the tenant’s own, then English', async (t) => {
  const { write, find } = await setup('fr-CA')
  t.equal(await find('de-AT'), undefined)
  await write({ locale: 'en', email: 'e' })
  t.equal(await find('de-AT'), 'en 1')
  await write({ locale: 'fr', email: 'f' })
  t.equal(await find('de-AT'), 'fr 1')
  t.equal(await find('en-GB'), 'en 1', 'what is asked for comes before the default')
  t.equal(await find(null), 'fr 1')
  await write({ locale: 'fr-ca', email: 'c' })
  t.equal(await find(null), 'fr-ca 1')
  await write({ locale: 'de', email: 'd' })
  t.equal(await find('de-Latn-AT'), 'de 1')
  await write({ locale: 'de-at', email: 'a' })
  t.equal(await find('DE-at-1996'), 'de-at 1')
  t.equal(await find('de-x-private'), 'de 1', 'a single letter goes with what follows it')
})

t.test('the newest version holds, for each channel that it serves', async (t) => {
  const { write, find } = await setup()
  await write({ locale: 'de', version: 1, email: 'd', sms: 'd' })
  await write({ locale: 'de', version: 2, email: 'd' })
  await write({ locale: 'en', version: 1, sms: 'e' })
  t.equal(await find('de'), 'de 2')
  t.equal(await find('de', 'sms'), 'en 1', 'not the old one: it was replaced by one without')
  await write({ locale: 'de', version: 3 })
  t.equal(await find('de'), undefined, 'withdrawn')
})

t.test('what the tenant wrote comes before what is built in', async (t) => {
  const { write, find, run, id } = await setup('ja')
  t.equal(await find('de-CH', 'email', 'notice'), 'de 0')
  t.equal(await find('nl', 'sms', 'notice'), 'ja 0')
  t.equal(await find('nl', 'sms', 'magic_link'), undefined, 'a link is not sent by SMS')
  t.equal(await find(null, 'email', 'nothing'), undefined)
  const found = await findTemplate(run, id, { name: 'notice', channel: 'sms', locale: 'es' })
  t.match(found, { name: 'notice', locale: 'es', version: 0, parts: { sms: { text: /body/ } } })
  await write({ name: 'notice', locale: 'en', sms: '{{ title }}!' })
  t.match(await findTemplate(run, id, { name: 'notice', channel: 'sms', locale: 'es' }), {
    version: 1,
    parts: { email: null, sms: { text: '{{ title }}!' } },
  })
  t.equal(await find('es', 'email', 'notice'), 'es 0', 'it wrote none for mails')
})

t.test('another tenant’s template is nobody else’s', async (t) => {
  const { write } = await setup()
  await write({ locale: 'en', email: 'e', sms: 'e' })
  const other = await setup()
  t.equal(await other.find('en'), undefined)
})

t.test('the database looks for locales as the built-in templates do', async (t) => {
  const chain = async (wanted: string | null, fallback: string | null) => {
    const { rows } = await house.admin.query('SELECT template_locales($1, $2) AS l', [wanted, fallback])
    return rows[0].l
  }
  t.same(await chain('zh-Hant-TW', 'de-AT'), ['zh-hant-tw', 'zh-hant', 'zh', 'de-at', 'de', 'en'])
  t.same(await chain('de-a-bb-x-c', null), ['de-a-bb-x-c', 'de-a-bb', 'de', 'en'])
  t.same(await chain('EN-gb', 'en'), ['en-gb', 'en'])
  t.same(await chain(null, null), ['en'])
})
