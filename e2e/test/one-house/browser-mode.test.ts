// Browser mode in a real browser: a page on a tenant's host signs in by code and by link, refreshes and signs out, with
// cookies that no script reads and no other page can use.

import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { newPerson, openBrowser, type Watched } from '../../src/browser.ts'
import { oneHouse } from '../../src/one-house.ts'
import { type PageHost, pageHost } from '../../src/page-host.ts'
import { Client, freshEmail, linkIn } from '../../src/postern.client.ts'

t.test('browser mode', async (t) => {
  const rig = await setup(t)
  await t.test('a page signs in by code, refreshes and signs out', (t) => byCode(t, rig))
  await t.test('a page signs in by the link that it asked for', (t) => byLink(t, rig))
  await t.test('another site changes nothing, whatever it sends', (t) => otherSite(t, rig))
  await t.test('a second tenant’s host takes no cookie of the first one’s', (t) => otherTenant(t, rig))
})

type Rig = Awaited<ReturnType<typeof setup>>

async function setup(t: Test) {
  const house = await oneHouse()
  const client = new Client(house.dev)
  const shop = await pageHost(t, 'shop', house.dev.gateway)
  const bank = await pageHost(t, 'bank', house.dev.gateway)
  const listed = ({ host, origin }: PageHost) => ({
    browser_hosts: [host],
    allowed_redirects: [`${origin}/`],
  })
  const patched = await client.asOperator('PATCH', `/v1/tenants/${house.dev.tenant_id}`, listed(shop))
  const made = await client.asOperator('POST', '/v1/tenants', { name: 'Bank', slug: 'bank', ...listed(bank) })
  if (patched.status !== 200 || made.status !== 201) throw new Error('the hosts were not taken')
  return { house, client, shop, bank, browser: await openBrowser(t) }
}

const SESSION = '__Host-postern_session'
const CSRF = '__Host-XSRF-TOKEN'

async function opened(t: Test, { browser }: Rig, { origin }: PageHost): Promise<Watched> {
  const person = await newPerson(t, browser)
  await person.page.goto(`${origin}/`)
  await who(person.page, 'nobody')
  return person
}

const who = (page: Page, name: string) => page.locator(`#who:text-is("${name}")`).waitFor()
const said = (page: Page, what: string) => page.locator(`#said:text-is("${what}")`).waitFor()
const press = (page: Page, name: string) => page.getByRole('button', { name }).click()

async function cookies({ context }: Watched) {
  const held = await context.cookies()
  return new Map(held.map((cookie) => [cookie.name, cookie]))
}

/** Types the address, and the code that then comes by mail. */
async function signIn({ page }: Watched, { client }: Rig): Promise<string> {
  const email = freshEmail()
  await page.getByLabel('E-mail address').fill(email)
  await press(page, 'Send me a code')
  const { text } = await client.mail(email)
  await said(page, 'ok')
  await page.getByLabel('Code').fill(/\b\d{6}\b/.exec(text)?.[0] ?? '')
  await press(page, 'Sign in')
  await who(page, email)
  return email
}

async function byCode(t: Test, rig: Rig) {
  const person = await opened(t, rig, rig.shop)
  const { page, complaints } = person
  await signIn(person, rig)
  const held = await cookies(person)
  t.same([...held.keys()].sort(), [CSRF, SESSION].sort(), 'the visitor is over')
  const about = { domain: 'shop.localhost', path: '/', secure: true, sameSite: 'Lax' }
  t.match(held.get(SESSION), { ...about, httpOnly: true })
  t.match(held.get(CSRF), { ...about, httpOnly: false, expires: -1 })
  const days = ((held.get(SESSION)?.expires ?? 0) - Date.now() / 1_000) / 86_400
  t.ok(days > 29 && days <= 30, `kept for ${days} days`)
  const readable = String(await page.evaluate('document.cookie'))
  t.equal(readable, `${CSRF}=${held.get(CSRF)?.value}`, 'no script reads the session')
  const kept = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])')
  t.equal(kept, '[{},{}]')

  await page.reload()
  await page.locator('#who:text("@")').waitFor()
  await press(page, 'Refresh')
  await said(page, 'ok')
  const renewed = await cookies(person)
  t.not(renewed.get(SESSION)?.value, held.get(SESSION)?.value)
  t.not(renewed.get(CSRF)?.value, held.get(CSRF)?.value)
  await press(page, 'Sign out')
  await who(page, 'nobody')
  t.same([...(await cookies(person)).keys()], [])
  const secrets = [held, renewed].map((jar) => jar.get(SESSION)?.value ?? '-')
  for (const answer of rig.shop.answers) {
    t.notOk(
      /eyJ[\w-]+\./.test(answer) || secrets.some((secret) => answer.includes(secret)),
      'no token in any answer',
    )
  }
  // The browser itself notes each answer of 401: that nobody is signed in.
  t.same(
    complaints.filter((text) => !/status of 401/.test(text)),
    [],
  )
}

async function byLink(t: Test, rig: Rig) {
  const person = await opened(t, rig, rig.shop)
  const email = freshEmail()
  await person.page.getByLabel('E-mail address').fill(email)
  await press(person.page, 'Send me a link')
  const tab = await person.context.newPage()
  await tab.goto(linkIn(await rig.client.mail(email)))
  await press(tab, 'Continue')
  await tab.waitForURL(`${rig.shop.origin}/`)
  await who(tab, email)
  t.notMatch(tab.url(), /token/)
  await person.page.reload()
  await who(person.page, email)
  t.equal((await cookies(person)).get(SESSION)?.httpOnly, true)
}

async function otherSite(t: Test, rig: Rig) {
  const person = await opened(t, rig, rig.shop)
  const email = await signIn(person, rig)
  const before = await cookies(person)
  const evil = await person.context.newPage()
  await evil.goto(`${rig.bank.origin}/`)
  rig.shop.answers.length = 0
  const target = `${rig.shop.origin}/v1/browser/session/refresh`
  // Without leave from CORS a page may send only what a form could.
  const send = (url: string, how: string) =>
    evil.evaluate(
      `fetch('${url}', { ${how}, credentials: 'include' }).then(() => 'answered', () => 'kept back')`,
    )
  t.equal(
    await send(target, "method: 'POST', mode: 'no-cors'"),
    'kept back',
    'sent, and its answer kept back',
  )
  t.equal(rig.shop.answers.length, 1)
  t.equal(
    await send(`${rig.shop.origin}/v1/browser/session`, "method: 'DELETE'"),
    'kept back',
    'not even sent',
  )
  await evil.evaluate(
    `document.body.innerHTML = '<form method="post" action="${target}"></form>'; document.forms[0].submit()`,
  )
  await evil.waitForURL(target)
  t.match(await evil.locator('body').textContent(), /CSRF_FAILED/)
  const codes = rig.shop.answers.map((answer) => JSON.parse(answer).error?.code)
  t.ok(codes.filter((code) => code === 'CSRF_FAILED').length >= 2, codes.join())
  t.notOk(codes.includes(undefined), 'nothing was answered with success')
  t.same(await cookies(person), before)
  await person.page.reload()
  await who(person.page, email)
}

async function otherTenant(t: Test, rig: Rig) {
  const person = await opened(t, rig, rig.shop)
  await signIn(person, rig)
  const held = [...(await cookies(person)).values()]
  const thief = await newPerson(t, rig.browser)
  await thief.context.addCookies(held.map((cookie) => ({ ...cookie, domain: 'bank.localhost' })))
  await thief.page.goto(`${rig.bank.origin}/`)
  await who(thief.page, 'nobody')
  await press(thief.page, 'Refresh')
  await said(thief.page, 'INVALID_TOKEN')
  await person.page.reload()
  await person.page.locator('#who:text("@")').waitFor()
  t.equal((await cookies(person)).get(SESSION)?.value, held.find(({ name }) => name === SESSION)?.value)
}
