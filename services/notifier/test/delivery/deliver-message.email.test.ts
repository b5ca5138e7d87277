import t from 'tap'
import { EMAIL } from '../channel-fixture.ts'
import { attemptsOf, deliveryState, eventsOf } from '../delivery-fixture.ts'
import { sendingSuite } from './deliver-sending.ts'
import { deliverSite } from './deliver-site.ts'
import { troubleSuite } from './deliver-trouble.ts'

const site = await deliverSite(t, EMAIL)
const { f, vendor, given, deliver, comesDue } = site

sendingSuite(t, site)
troubleSuite(t, site)

t.test('a link is rendered into a mail from its tenant', async (t) => {
  const [to, link] = ['link@example.org', 'https://id.example.org/l#AQE_secret']
  await deliver(await given({ to, link, tenantName: 'Acme & Sons' }))
  const [mail, ...more] = await vendor.inbox(to)
  t.same(more, [])
  t.match(mail, { to, subject: 'Sign in to Acme & Sons', from_name: 'Acme & Sons' })
  t.match(mail?.text, `${link}\n`)
  t.match(mail?.text, /for 10 minutes after it was sent/)
  t.match(mail?.html, `href="${link}"`)
})

t.test('a code is rendered into a mail, in the language that was asked for', async (t) => {
  const to = 'code@example.org'
  await deliver(await given({ to, template: 'otp', code: '031416', locale: 'fr-CA' }))
  const [mail] = await vendor.inbox(to)
  t.match(mail, { to, subject: 'Votre code pour Acme', from_name: 'Acme' })
  t.match(mail?.text, '\n031416\n')
  t.match(mail?.text, /5 minutes/)
  t.match(mail?.html, '>031416</p>')
})

t.test('a mail that was late says what is left of its minutes, and never more than there were', async (t) => {
  for (const [expiresIn, minutes] of [
    [130, 2],
    [40, 1],
    [600, 5],
  ] as const) {
    const to = `late-${minutes}@example.org`
    await deliver(await given({ to, template: 'otp', expiresIn, challenge: 'none' }))
    const [mail] = await vendor.inbox(to)
    t.match(mail?.text, new RegExp(`for ${minutes} minutes? after`))
  }
})

t.test('an unknown outcome is followed by one resend of the same link at most', async (t) => {
  const to = 'twice@example.org'
  const ids = await given({ to })
  await vendor.fault({ mode: 'accept_then_reset', times: 2 })
  await deliver(ids)
  await comesDue(ids)
  t.match(await deliver(ids), {
    kind: 'called',
    attempt: { number: 2, isLast: true },
    ending: { status: 'unknown' },
  })
  t.match(await deliver(ids), { kind: 'refused', reason: 'gone' })
  const secrets = (await vendor.inbox(to)).map(({ text }) => EMAIL.secretOf(text))
  t.same(secrets, Array(2).fill('https://id.example.org/l#abc'))
  t.match(await deliveryState(f, ids), { status: 'unknown', payload: null, dueIn: null })
  t.equal((await attemptsOf(f, ids)).length, 2)
  t.same(
    (await eventsOf(f, ids)).map(({ kind }) => kind),
    ['delivery.attempted', 'delivery.deferred', 'delivery.attempted', 'delivery.unknown'],
  )
})
