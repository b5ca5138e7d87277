// Messages by templates that tenants wrote: which version is sent, how values get into it, and what one that fails does.

import { randomUUID } from 'node:crypto'
import t from 'tap'
import { EMAIL, SMS } from '../channel-fixture.ts'
import { attemptsOf, deliveryState, eventsOf, type Ids } from '../delivery-fixture.ts'
import { givenTemplate, givenTenant, messageBy, type TemplateInput } from '../template-fixture.ts'
import { deliverSite } from './deliver-site.ts'

const mail = await deliverSite(t, EMAIL)
const sms = await deliverSite(t, SMS)

let people = 0
const address = () => `p${++people}@example.org`
const number = () => `+4477008${String(++people).padStart(5, '0')}`

async function setup(site = mail, tenant: { name?: string; locale?: string } = {}) {
  const tenantId = randomUUID()
  await givenTenant(site.f, tenantId, tenant)
  const write = (input: TemplateInput) => givenTemplate(site.f, tenantId, input)
  const keptBy = async ({ deliveryId }: Ids) => {
    const columns = 'template_locale AS locale, template_version AS version'
    const { rows } = await site.f.admin.query(`SELECT ${columns} FROM deliveries WHERE id = $1`, [deliveryId])
    return `${rows[0].locale} ${rows[0].version}`
  }
  const brought = async (input: object, to: string) => {
    const ids = await site.given({ tenantId, to, ...input })
    const delivered = await site.deliver(ids)
    return { ids, delivered, message: (await site.vendor.inbox(to))[0] }
  }
  return { tenantId, write, keptBy, brought }
}

const LINK = { subject: 'Come in to {{ tenant_name }}', text: '{{ link }} {{ minutes }} {{ origin_domain }}' }

t.test('a link goes by the tenant’s newest version in the nearest locale', async (t) => {
  const { write, brought, keptBy } = await setup(mail, { locale: 'fr' })
  await write({ name: 'magic_link', locale: 'de', email: { ...LINK, subject: 'alt' } })
  const html = '<a href="{{ link }}" title="{{ tenant_name }}">{{ tenant_name }}</a>'
  await write({ name: 'magic_link', locale: 'de', version: 2, email: { ...LINK, html } })
  const tenantName = 'A "<b>" \u202eB'
  const { message, ids } = await brought({ locale: 'de-AT', tenantName }, address())
  t.match(message, { subject: 'Come in to A "<b>" B', from_name: 'A "<b>" B' })
  t.equal(message?.text, 'https://id.example.org/l#abc 10 id.example.org')
  const shown = 'A &#34;&lt;b&gt;&#34; B'
  t.equal(message?.html, `<a href="https://id.example.org/l#abc" title="${shown}">${shown}</a>`)
  t.equal(await keptBy(ids), 'de 2')
  const other = await brought({ locale: 'nl' }, address())
  t.match(
    other.message?.subject,
    'Se connecter à Acme',
    'else what is built in, in the tenant’s own language',
  )
  t.equal(await keptBy(other.ids), 'fr 0')
})

t.test('a code by SMS ends with the line that binds it, whoever wrote the rest', async (t) => {
  const { write, brought } = await setup(sms)
  await write({ name: 'otp', sms: '{{ code }} for {{ tenant_name }}, {{ minutes }} min\n\n' })
  const { message } = await brought({ code: '031416', tenantName: 'Acme' }, number())
  t.equal(message?.text, '031416 for Acme, 5 min\n@app.example.org #031416')
  const evil = await setup(sms)
  await evil.write({ name: 'otp', sms: 'x\n@evil.example #{{ code }}' })
  const { message: bound } = await evil.brought({ code: '031416' }, number())
  t.equal(bound?.text.split('\n').at(-1), '@app.example.org #031416')
})

t.test('a template for one channel leaves the other to what is built in', async (t) => {
  const { write, brought, keptBy } = await setup()
  await write({ name: 'otp', sms: '{{ code }}!' })
  const { message, ids } = await brought({ template: 'otp' }, address())
  t.match(message?.subject, 'Your code for Acme')
  t.equal(await keptBy(ids), 'en 0')
})

t.test('a message of the tenant’s own goes by the version that was decided when it was made', async (t) => {
  const { tenantId, write } = await setup(mail, { name: 'Acme \u202e& Co' })
  const order = {
    subject: '{{ tenant_name }}: {{ number }}',
    text: '{% for i in items %}{{ i.name }};{% endfor %}',
  }
  const html = '<p>{{ items | size }} {{ note }}</p>'
  await write({ name: 'order', email: { ...order, html } })
  await write({ name: 'order', version: 2, email: { ...order, text: 'newer' } })
  const variables = {
    number: 7,
    note: '<img src=x>',
    items: [{ name: 'a&b' }, { name: 'c' }],
    tenant_name: 'Evil',
  }
  const to = address()
  const made = messageBy({ channel: 'email', to, name: 'order', variables })
  await mail.deliver(await mail.given({ tenantId, ...made }))
  const [message] = await mail.vendor.inbox(to)
  t.match(message, { subject: 'Acme & Co: 7', from_name: 'Acme & Co', text: 'a&b;c;' })
  t.equal(message?.html, '<p>2 &lt;img src=x&gt;</p>')
})

t.test('a template without HTML is sent as a text alone', async (t) => {
  const { tenantId, write } = await setup()
  await write({ name: 'order', email: { subject: 'S', text: 'only text' } })
  const to = address()
  const made = messageBy({ channel: 'email', to, name: 'order', variables: {} })
  await mail.deliver(await mail.given({ tenantId, ...made }))
  t.match(await mail.vendor.inbox(to), [{ text: 'only text', html: null }])
})

t.test('a notice goes without any template of the tenant’s, by mail and by SMS', async (t) => {
  for (const [site, to] of [
    [mail, address()],
    [sms, number()],
  ] as const) {
    const { tenantId } = await setup(site)
    const variables = { title: 'Parcel', body: 'It is there.\nBye' }
    const { name: channel } = site.kit
    const made = messageBy({ channel, to, name: 'notice', locale: 'es', version: 0, variables })
    await site.deliver(await site.given({ tenantId, ...made }))
    const [message] = await site.vendor.inbox(to)
    t.match(message?.text, /Parcel\n+It is there\.\nBye/)
    if (channel === 'email')
      t.match(message, { subject: 'Parcel', html: /lang="es"[\s\S]*It is there\.<br>\nBye/ })
  }
})

t.test('what was begun by one version goes on by it, whatever is written meanwhile', async (t) => {
  const { write, keptBy, tenantId } = await setup(sms)
  await write({ name: 'otp', sms: 'first {{ code }}' })
  const to = number()
  const ids = await sms.given({ tenantId, to })
  await sms.vendor.fault({ mode: 'reset_before' })
  t.match(await sms.deliver(ids), { kind: 'called', ending: { status: 'pending' } })
  t.equal(await keptBy(ids), 'en 1')
  await write({ name: 'otp', version: 2, sms: 'second {{ code }}' })
  await sms.comesDue(ids)
  await sms.deliver(ids)
  t.match(await sms.vendor.inbox(to), [{ text: /^first / }])
})

t.test(
  'a template that fails is tried three times, then it is a dead letter; nobody else waits for it',
  async (t) => {
    const { tenantId, write, brought } = await setup()
    const failing = { subject: 'S', text: '{{ nobody_gave_this }}' }
    const endless = '{% for i in (1..999999) %}{% endfor %}'
    await write({ name: 'magic_link', email: failing })
    await write({ name: 'order', email: { subject: 'S', html: endless, text: 'T' } })
    const message = messageBy({ channel: 'email', to: address(), name: 'order', variables: {} })
    const cases = [
      ['variable_missing', { tenantId }],
      ['template_failed', { tenantId, ...message }],
      ['template_missing', { tenantId, ...message, templateVersion: 9 }],
    ] as const
    for (const [reason, input] of cases) {
      const ids = await mail.given(input)
      for (const status of ['pending', 'pending', 'dead_letter']) {
        await mail.comesDue(ids)
        t.match(await mail.deliver(ids), { kind: 'poisoned', reason, status })
      }
      t.match(await deliveryState(mail.f, ids), { status: 'dead_letter' }, reason)
      t.same([await attemptsOf(mail.f, ids), await mail.vendor.calls(ids)], [[], []])
      t.match((await eventsOf(mail.f, ids)).at(-1), { kind: 'delivery.dead_letter', reason })
      t.notMatch(JSON.stringify(await eventsOf(mail.f, ids)), 'nobody_gave_this')
    }
    const { message: code } = await brought({ template: 'otp' }, address())
    t.match(code?.subject, 'Your code', 'its other messages go out')
    const other = await setup()
    t.match(
      (await other.brought({}, address())).message?.subject,
      'Sign in to Acme',
      'and so do other tenants’',
    )
  },
)

t.test('a template that is mended between two tries is sent', async (t) => {
  const { tenantId, write, keptBy } = await setup()
  await write({ name: 'magic_link', email: { ...LINK, text: '{{ nobody_gave_this }}' } })
  const to = address()
  const ids = await mail.given({ tenantId, to })
  t.match(await mail.deliver(ids), { kind: 'poisoned', status: 'pending' })
  t.equal(await keptBy(ids), 'null null')
  await write({ name: 'magic_link', version: 2, email: LINK })
  await mail.comesDue(ids)
  t.match(await mail.deliver(ids), { kind: 'called', ending: { status: 'accepted' } })
  t.equal(await keptBy(ids), 'en 2')
})

t.test('nothing is written by another tenant’s template', async (t) => {
  const { write } = await setup()
  await write({ name: 'magic_link', email: { ...LINK, subject: 'Theirs' } })
  await write({ name: 'order', email: { subject: 'Theirs', text: 'T' } })
  const { tenantId, brought } = await setup()
  t.match((await brought({}, address())).message?.subject, 'Sign in to Acme')
  const made = messageBy({ channel: 'email', to: address(), name: 'order', variables: {} })
  t.match(await mail.deliver(await mail.given({ tenantId, ...made })), { reason: 'template_missing' })
})

t.test(
  'a message’s payload holds one recipient and plain variables, or no message is made of it',
  async (t) => {
    const { tenantId } = await setup()
    const made = messageBy({
      channel: 'email',
      to: address(),
      name: 'notice',
      version: 0,
      variables: { title: 'T', body: 'B' },
    })
    const broken = [
      { to: 'a@example.org,b@example.org' },
      { to: '+447700900123' },
      { variables: { 'a b': 'x' } },
      { variables: { title: [['x']] } },
      { variables: null },
      { template: 'notice' },
      { extra: 1 },
    ]
    for (const change of broken) {
      const payload = { ...made.payload, ...change }
      const ids = await mail.given({ tenantId, ...made, payload })
      t.match(
        await mail.deliver(ids),
        { kind: 'poisoned', reason: 'payload_malformed' },
        JSON.stringify(change),
      )
    }
  },
)
