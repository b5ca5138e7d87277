// What a person sees in a real browser, and what scanners do to it: the page behind the mailed link, and the demo from the
// typed address to the trail.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { adminDatabase, embeddedUrl } from '../../src/admin-database.ts'
import { newPerson, openBrowser } from '../../src/browser.ts'
import { oneHouse } from '../../src/one-house.ts'
import { Client, codeIn, freshEmail, tokenIn } from '../../src/postern.client.ts'
import { recordingProxy } from '../../src/recording-proxy.ts'

t.test('in a real browser', async (t) => {
  const rig = await setup(t)
  await t.test('scanners open the link as often as they like: it stays unused', (t) => scan(t, rig))
  await t.test('the click goes on with the token in the fragment, which no server sees', (t) => click(t, rig))
  await t.test('a link that is over or damaged says so in a sentence', (t) => sentences(t, rig))
  await t.test('without JavaScript the page says so and changes nothing', (t) => withoutScript(t, rig))
  await t.test('the page fits every screen, and a keyboard is enough', (t) => fits(t, rig))
  await t.test('the demo leads from the typed address to the trail', (t) => demo(t, rig))
  await t.test('the demo signs in by a code', (t) => demoByCode(t, rig))
})

type Rig = Awaited<ReturnType<typeof setup>>

async function setup(t: Test) {
  const house = await oneHouse()
  const gateway = await recordingProxy(t, house.dev.gateway)
  const sandbox = await recordingProxy(t, house.dev.sandbox)
  const client = new Client(house.dev)
  const allowed_redirects = [`${house.dev.sandbox}/`, `${sandbox.origin}/`]
  const patched = await client.asOperator('PATCH', `/v1/tenants/${house.dev.tenant_id}`, {
    allowed_redirects,
  })
  if (patched.status !== 200) throw new Error(`the redirects were not taken: ${patched.status}`)
  const admin = adminDatabase(t, embeddedUrl(house))
  return { house, gateway, sandbox, client, admin, browser: await openBrowser(t) }
}

/** A link that leads through the recording proxies. */
async function mailedLink({ client, gateway, sandbox }: Rig) {
  const email = freshEmail()
  const issued = await client.issue(email, { redirect_url: `${sandbox.origin}/inbox` })
  const mail = await client.mail(email)
  return { ...issued, email, token: tokenIn(mail), url: `${gateway.origin}/l#${tokenIn(mail)}` }
}

const statusOf = async ({ client, house }: Rig, id: string) =>
  (await client.call<{ status: string }>('GET', `${house.dev.gateway}/v1/magic-links/${id}`)).body.data.status

const continueButton = (page: Page) => page.getByRole('button', { name: 'Continue' })

async function scan(t: Test, rig: Rig) {
  const link = await mailedLink(rig)
  for (const method of ['GET', 'HEAD', 'GET', 'HEAD']) {
    const answer = await fetch(link.url, { method, headers: { 'user-agent': 'LinkScanner/1.0' } })
    t.equal(answer.status, 200)
    t.match(answer.headers.get('cache-control'), /no-store/)
    t.equal(answer.headers.get('referrer-policy'), 'no-referrer')
  }
  const body = { token: link.token }
  t.equal((await rig.client.call('POST', `${rig.gateway.origin}/l/resolve`, { body })).status, 200)
  const scanner = await newPerson(t, rig.browser)
  for (const _ of [1, 2]) {
    await scanner.page.goto(link.url)
    await continueButton(scanner.page).waitFor()
    await scanner.page.reload()
    await continueButton(scanner.page).waitFor()
  }
  t.equal(await statusOf(rig, link.id), 'pending')
  t.equal((await rig.client.verify(link.token)).status, 200, 'and still works')
}

async function click(t: Test, rig: Rig) {
  const { gateway, sandbox, house } = rig
  const link = await mailedLink(rig)
  gateway.requests.length = 0
  sandbox.requests.length = 0
  const { page, complaints, origins } = await newPerson(t, rig.browser)
  await page.goto(link.url)
  await continueButton(page).waitFor()
  t.equal(await page.locator('h1').textContent(), 'Continue to Development')
  t.match(await page.locator('#hint').textContent(), `You will go to ${new URL(sandbox.origin).host}.`)
  t.same(origins(), [gateway.origin], 'nothing is asked of anybody else')
  t.same(gateway.requests.map(({ method, url }) => `${method} ${url}`).toSorted(), [
    'GET /l',
    'GET /l/link.css',
    'GET /l/link.js',
    'POST /l/resolve',
  ])
  t.equal(sandbox.requests.length, 0, 'before the click')

  await page.addInitScript('globalThis.landedAt = location.href')
  await continueButton(page).click()
  await page.waitForURL((url) => url.origin === sandbox.origin)
  const landedAt = await page.evaluate('landedAt')
  t.equal(landedAt, `${sandbox.origin}/inbox#postern_token=${link.token}`)
  const heads = [...gateway.requests, ...sandbox.requests].map(({ head }) => head)
  t.ok(heads.length > 4)
  t.notOk(
    heads.some((head) => head.includes(link.token)),
    'in no address and no header',
  )
  const [landing] = sandbox.requests
  t.equal(landing?.url, '/inbox')
  t.notMatch(landing?.head, /referer/i, 'the page that led there is not told')
  for (const name of ['gateway', 'sandbox', 'notifier', 'audit']) {
    t.notOk(readFileSync(join(house.dataDir, 'logs', `${name}.log`), 'utf8').includes(link.token))
  }
  t.same(complaints, [], 'the console has nothing to say')
  await page.goBack({ waitUntil: 'commit' })
  t.notMatch(page.url(), link.token, 'the way back does not lead to the link')
}

async function sentences(t: Test, rig: Rig) {
  const { page, complaints } = await newPerson(t, rig.browser)
  const read = async (url: string) => {
    await page.goto('about:blank')
    await page.goto(url)
    await page.locator('h1:not(:text("One moment"))').waitFor()
    t.equal(await continueButton(page).count(), 0, 'nothing to press')
    return (await page.locator('h1').textContent()) ?? ''
  }
  const used = await mailedLink(rig)
  await rig.client.verify(used.token)
  t.equal(await read(used.url), 'This link was used already')

  const expired = await mailedLink(rig)
  await rig.admin.query('UPDATE challenges SET expires_at = now() WHERE id = $1', [expired.id])
  t.equal(await read(expired.url), 'This link has expired')

  const superseded = await mailedLink(rig)
  await rig.client.issue(superseded.email)
  t.equal(await read(superseded.url), 'There is a newer link')

  const good = await mailedLink(rig)
  const place = good.url.length - 40
  const flipped = good.url[place] === 'A' ? 'B' : 'A'
  const damaged = `${good.url.slice(0, place)}${flipped}${good.url.slice(place + 1)}`
  for (const url of [damaged, good.url.slice(0, -7), `${good.url}=`, `${rig.gateway.origin}/l`]) {
    t.equal(await read(url), 'This link does not work')
  }
  await page.evaluate(`location.href = '${good.url}'`)
  await continueButton(page).waitFor()
  t.equal(await page.locator('h1').textContent(), 'Continue to Development', 'pasted whole into the same tab')
  // The browser itself notes each answer of 401.
  t.same(
    complaints.filter((text) => !/status of 40[01]/.test(text)),
    [],
  )
  await page.route('**/l/resolve', (route) => route.abort())
  t.equal(await read(good.url), 'We could not check your link')
}

async function withoutScript(t: Test, rig: Rig) {
  const link = await mailedLink(rig)
  const context = await rig.browser.newContext({ javaScriptEnabled: false })
  t.teardown(() => context.close())
  const page = await context.newPage()
  await page.goto(link.url)
  await page.getByRole('heading', { name: 'This page needs JavaScript' }).waitFor()
  t.notOk(await page.getByText('One moment').isVisible())
  t.equal(await statusOf(rig, link.id), 'pending')
}

async function fits(t: Test, rig: Rig) {
  const link = await mailedLink(rig)
  const { page } = await newPerson(t, rig.browser)
  for (const width of [320, 360, 1280]) {
    await page.setViewportSize({ width, height: 740 })
    await page.goto('about:blank')
    await page.goto(link.url)
    await continueButton(page).waitFor()
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), width)
  }
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.origin === rig.sandbox.origin)
}

async function demo(t: Test, rig: Rig) {
  const { page, context, complaints, origins } = await newPerson(t, rig.browser)
  const { dev } = rig.house
  const email = freshEmail()
  await page.goto(`${dev.sandbox}/`)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByRole('button', { name: 'Send me a link' }).click()
  const opened = context.waitForEvent('page')
  await page.frameLocator('#mail iframe').getByRole('link', { name: 'Sign in' }).click()
  const signedIn = await opened
  await continueButton(signedIn).click()
  await signedIn.locator('#signed-in').waitFor()
  t.equal(await signedIn.locator('#signed-in').textContent(), `You are signed in as ${email}`)
  t.match(signedIn.url(), new RegExp(`^${dev.sandbox}/callback/[0-9a-f-]{36}$`), 'no token in the address')
  for (const watched of [signedIn, page]) {
    await watched.bringToFront()
    await watched.locator('#trail li[data-kind="session.opened"]').waitFor()
    t.same((await trailKinds(watched)).toSorted(), [
      'challenge.issued',
      'challenge.verified',
      'delivery.accepted',
      'delivery.attempted',
      'delivery.queued',
      'session.opened',
      'user.created',
    ])
  }
  t.same(origins().toSorted(), [dev.gateway, dev.sandbox].toSorted())
  t.same(complaints, [])
}

async function demoByCode(t: Test, rig: Rig) {
  const { page, complaints, origins } = await newPerson(t, rig.browser)
  const { dev } = rig.house
  const email = freshEmail()
  await page.goto(`${dev.sandbox}/`)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByRole('button', { name: 'Send me a code' }).click()
  await page.locator('#mail iframe').waitFor()
  const code = codeIn(await rig.client.mail(email))
  const wrong = code === '000000' ? '111111' : '000000'
  const field = page.getByLabel('Code', { exact: true })
  await field.fill(wrong)
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('INVALID_CODE').waitFor()
  await field.fill(code)
  await page.keyboard.press('Enter')
  await page.locator('#signed-in').waitFor()
  t.equal(await page.locator('#signed-in').textContent(), `You are signed in as ${email}`)
  await page.locator('#trail li[data-kind="session.opened"]').waitFor()
  t.same((await trailKinds(page)).toSorted(), [
    'challenge.issued',
    'challenge.refused',
    'challenge.verified',
    'delivery.accepted',
    'delivery.attempted',
    'delivery.queued',
    'session.opened',
    'user.created',
  ])
  t.same(origins(), [dev.sandbox])
  t.same(
    complaints.filter((text) => !/status of 502/.test(text)),
    [],
  )
}

async function trailKinds(page: Page): Promise<string[]> {
  const items = await page.locator('#trail li').all()
  const kinds = await Promise.all(items.map((item) => item.getAttribute('data-kind')))
  return kinds.map(String)
}
