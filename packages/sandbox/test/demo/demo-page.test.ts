import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BrowserContext, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { ACCESS_TOKEN, API_KEY, REFRESH_TOKEN } from '../fake-postern.ts'
import { newContext, setupDemo, skipWithoutChromium } from '../setup-demo.ts'

async function askForLink(page: Page, sandboxUrl: string, email: string): Promise<void> {
  await page.goto(sandboxUrl)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByRole('button', { name: 'Send me a link' }).click()
  await page.locator('#mail iframe').waitFor()
}

async function followLink(context: BrowserContext, page: Page): Promise<Page> {
  const opened = context.waitForEvent('page')
  await page.frameLocator('#mail iframe').getByRole('link', { name: 'Sign in' }).click()
  const linkPage = await opened
  await linkPage.getByRole('button', { name: 'Continue' }).click()
  return linkPage
}

/** Everything that the page loads and every complaint of its console. */
function watch(context: BrowserContext): { bodies: Promise<string>[]; complaints: string[] } {
  const seen = { bodies: [] as Promise<string>[], complaints: [] as string[] }
  context.on('response', (response) => seen.bodies.push(response.text().catch(() => '')))
  context.on('console', (message) => {
    if (message.type() === 'error') seen.complaints.push(message.text())
  })
  context.on('weberror', (error) => seen.complaints.push(String(error.error())))
  return seen
}

async function trailKinds(page: Page): Promise<(string | null)[]> {
  const items = await page.locator('#trail li').all()
  return await Promise.all(items.map((item) => item.getAttribute('data-kind')))
}

t.test(
  'a person asks, opens the mail, follows the link and sees the trail',
  { skip: skipWithoutChromium },
  async (t) => {
    const { sandbox } = await setupDemo(t)
    const context = await newContext(t)
    const seen = watch(context)
    const page = await context.newPage()
    await askForLink(page, sandbox.url, 'ada@example.com')
    t.match(await page.locator('#asked').textContent(), /ada@example\.com/)

    // The mail is there before the vendor has answered.
    await page.locator('#trail li[data-kind="delivery.accepted"]').waitFor()
    const signedIn = await followLink(context, page)
    await signedIn.locator('#signed-in').waitFor()
    t.equal(await signedIn.locator('#signed-in').textContent(), 'You are signed in as ada@example.com')
    t.match(signedIn.url(), /\/callback\/[0-9a-f-]{36}$/, 'the token left the address bar')
    await signedIn.locator('#trail li[data-kind="session.opened"]').waitFor()
    t.same(await trailKinds(signedIn), [
      'challenge.issued',
      'delivery.queued',
      'delivery.attempted',
      'delivery.accepted',
      'challenge.verified',
      'user.created',
      'session.opened',
    ])
    await page.bringToFront()
    await page.locator('#trail li[data-kind="session.opened"]').waitFor()
    t.equal((await trailKinds(page)).length, 7, 'the first tab learns of it too')
    await signedIn.reload()
    await signedIn.locator('#signed-in').waitFor()

    const loaded = (await Promise.all(seen.bodies)).join('\n')
    for (const secret of [API_KEY, ACCESS_TOKEN, REFRESH_TOKEN])
      t.notOk(loaded.includes(secret), 'no secret reaches the page')
    t.same(seen.complaints, [], 'the policy has nothing to complain about')
  },
)

t.test(
  'a person asks for a code, mistypes it, and signs in with it',
  { skip: skipWithoutChromium },
  async (t) => {
    const { sandbox } = await setupDemo(t)
    const context = await newContext(t)
    const seen = watch(context)
    const page = await context.newPage()
    await page.setViewportSize({ width: 360, height: 740 })
    await page.goto(sandbox.url)
    await page.getByLabel('E-mail address').fill('ada@example.com')
    await page.getByRole('button', { name: 'Send me a code' }).click()
    await page.locator('#mail iframe').waitFor()
    t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
    const field = page.getByLabel('Code', { exact: true })
    await field.fill('000000')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('4 tries are left. (INVALID_CODE)').waitFor()
    t.equal(await field.inputValue(), '', 'ready to be typed again')
    t.ok(await page.evaluate("document.activeElement.id === 'typed'"))
    await field.fill('042137')
    await page.keyboard.press('Enter')
    await page.locator('#signed-in').waitFor()
    t.equal(await page.locator('#signed-in').textContent(), 'You are signed in as ada@example.com')
    t.notOk(await field.isVisible())
    await page.locator('#trail li[data-kind="session.opened"]').waitFor()
    const loaded = (await Promise.all(seen.bodies)).join('\n')
    for (const secret of [API_KEY, ACCESS_TOKEN, REFRESH_TOKEN]) t.notOk(loaded.includes(secret))
    // The browser itself notes an answer that is a refusal.
    t.same(
      seen.complaints.filter((text) => !/status of 502/.test(text)),
      [],
    )
  },
)

t.test('the trail grows while the page is open', { skip: skipWithoutChromium }, async (t) => {
  const { sandbox, postern } = await setupDemo(t)
  const page = await (await newContext(t)).newPage()
  await page.setViewportSize({ width: 360, height: 740 })
  await askForLink(page, sandbox.url, 'somebody-with-a-rather-long-address@department.example.com')
  await page.locator('#trail li[data-kind="delivery.accepted"]').waitFor()
  t.equal(
    await page.evaluate('document.documentElement.scrollWidth'),
    360,
    'nothing sticks out of a narrow screen',
  )
  const first = await page.locator('#trail li').first().elementHandle()
  const [token] = postern.links.keys()
  const verify = {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify({ token }),
  }
  await fetch(`${postern.url}/v1/magic-links/verify`, verify)
  await fetch(`${postern.url}/v1/magic-links/verify`, verify)
  await page.locator('#trail li[data-outcome="refused"]').waitFor()
  t.match(await page.locator('#trail li[data-outcome="refused"]').textContent(), /refused: used/)
  t.ok(await first?.evaluate((item) => item.isConnected), 'what was shown stays')
})

interface Canary {
  readonly url: string
  /** Paths that were asked for. */
  readonly hits: string[]
  /** Resolves when this path is asked for. */
  heard(path: string): Promise<unknown>
}

/** A server that a hostile mail would call home to. At `/control` it shows that mail without any protection. */
async function canary(t: Test): Promise<Canary> {
  const hits: string[] = []
  const calls = new EventEmitter()
  const server = createServer((request, response) => {
    const path = String(request.url)
    hits.push(path)
    calls.emit(path)
    response.setHeader('content-type', 'text/html')
    response.end(path === '/control' ? hostile(url) : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url, hits, heard: (path) => once(calls, path) }
}

function hostile(home: string): string {
  return `
    <script>fetch('${home}/script'); parent.document.title = 'taken'</script>
    <img src="x" onerror="new Image().src='${home}/handler'">
    <img src="${home}/pixel">
    <link rel="stylesheet" href="${home}/style">
    <style>body { background: url('${home}/background') }</style>
    <svg onload="new Image().src='${home}/svg'"></svg>
    <iframe src="${home}/frame"></iframe>
    <iframe srcdoc="<script>new Image().src='${home}/srcdoc'</script>"></iframe>
    <object data="${home}/object"></object>
    <meta http-equiv="refresh" content="0;url=${home}/refresh">
    <base href="${home}/">
    <a id="js" href="javascript:void(new Image().src='${home}/javascript')">javascript</a>
    <form action="${home}/form"><button>Send the form</button></form>`
}

t.test(
  'a hostile mail runs nothing, loads nothing and sends nothing',
  { skip: skipWithoutChromium },
  async (t) => {
    const { url: home, hits, heard } = await canary(t)
    const control = await (await newContext(t)).newPage()
    const sung = Promise.all(['/script', '/handler', '/pixel', '/frame', '/refresh'].map(heard))
    await control.goto(`${home}/control`, { waitUntil: 'commit' })
    t.ok(await sung, 'without the frame the canary sings')
    await control.context().close()
    hits.length = 0

    const { sandbox, postern } = await setupDemo(t)
    postern.extraHtml = hostile(home)
    postern.subject = `<img src=x onerror="new Image().src='${home}/subject'">`
    const context = await newContext(t)
    const page = await context.newPage()
    await askForLink(page, sandbox.url, 'o&lt@example.com')
    t.equal(await page.locator('#asked strong').textContent(), 'o&lt@example.com')
    t.equal(await page.locator('#mail h3').textContent(), postern.subject)
    const frame = page.locator('#mail iframe')
    t.equal(await frame.getAttribute('sandbox'), 'allow-popups allow-popups-to-escape-sandbox')
    const mail = frame.contentFrame()
    await mail.locator('#js').click()
    await mail.getByRole('button', { name: 'Send the form' }).click()
    const id = await page.locator('#mail article').getAttribute('data-message-id')
    const signedIn = await followLink(context, page)
    await signedIn.locator('#signed-in').waitFor()
    t.equal(await page.title(), 'Postern demo')

    const direct = await context.newPage()
    await direct.goto(`${sandbox.url}/inbox/messages/${id}/html`)
    await direct.goto(`${sandbox.url}/inbox`)
    await direct.frameLocator('#message iframe').getByRole('link', { name: 'Sign in' }).waitFor()
    t.same(hits, [], 'nothing of the mail was heard of')
  },
)

t.test('a link asked for elsewhere ends at the demo too', { skip: skipWithoutChromium }, async (t) => {
  const { sandbox, postern } = await setupDemo(t)
  const page = await (await newContext(t)).newPage()
  await fetch(`${postern.url}/v1/magic-links`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify({ email: 'curl@example.com', redirect_url: `${sandbox.url}/` }),
  })
  const [token] = postern.links.keys()
  await page.goto(`${sandbox.url}/#postern_token=${token}`)
  await page.locator('#signed-in').waitFor()
  t.equal(await page.locator('#signed-in').textContent(), 'You are signed in as curl@example.com')
  await page.locator('#trail li[data-kind="challenge.issued"]').waitFor()
  t.equal(page.url(), `${sandbox.url}/`)
  await page.goto(`${sandbox.url}/callback#postern_token=${token}`)
  await page.getByRole('alert').getByText('TOKEN_USED', { exact: true }).waitFor()
})

t.test('the page says plainly when the gateway does not answer', { skip: skipWithoutChromium }, async (t) => {
  const { sandbox, postern } = await setupDemo(t)
  const page = await (await newContext(t)).newPage()
  await postern.close()
  await page.goto(sandbox.url)
  const notice = page.getByRole('alert')
  await notice.getByText(`The gateway at ${postern.url} does not answer.`).waitFor()
  await page.getByLabel('E-mail address').fill('ada@example.com')
  const answered = page.waitForResponse('**/demo/sign-ins')
  await page.getByRole('button', { name: 'Send me a link' }).click()
  t.equal((await answered).status(), 502)
  await page.locator('#ask button[value=link]:enabled').waitFor()
  t.match(await notice.textContent(), `The gateway at ${postern.url} does not answer.`)
})
