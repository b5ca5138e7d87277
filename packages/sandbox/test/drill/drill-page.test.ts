import type { Page } from 'playwright-core'
import t from 'tap'
import { mailBySendgrid, setupReporting, smsByTwilio } from '../receipt/setup-receipts.ts'
import { newContext, skipWithoutChromium } from '../setup-demo.ts'
import { mailTo, sendMail, setupSandbox } from '../setup-sandbox.ts'

const skip = { skip: skipWithoutChromium }

/** Opens the page and notes every complaint of its console. */
async function open(t: Parameters<typeof newContext>[0], url: string) {
  const page = await (await newContext(t)).newPage()
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  await page.goto(`${url}/drill`)
  await page.getByText('No call yet.').waitFor()
  return { page, complaints }
}

const row = (page: Page, seq: number) => page.locator(`#calls tr[data-seq="${seq}"]`)
const vendor = (page: Page, name: string) => page.locator(`#vendors li[data-provider="${name}"]`)

t.test('calls show up by themselves, newest first, with what came of them', skip, async (t) => {
  const sandbox = await setupSandbox(t)
  const { page, complaints } = await open(t, sandbox.url)
  await sendMail(sandbox, mailTo('ada@example.com'))
  await row(page, 1).waitFor()
  t.match(await row(page, 1).textContent(), /sendgrid.*POST \/v3\/mail\/send.*202.*taken/)
  await page.getByRole('button', { name: 'Hang: twilio' }).click()
  await page.getByRole('button', { name: 'Take and reset: sendgrid' }).click()
  await vendor(page, 'sendgrid').locator('.state', { hasText: 'accept_then_reset' }).waitFor()
  await sendMail(sandbox, mailTo('bob@example.com')).catch(() => undefined)
  await row(page, 2).waitFor()
  t.match(await row(page, 2).textContent(), /reset.*taken.*accept_then_reset/)
  t.same(
    await page.locator('#calls tr').evaluateAll((rows) => rows.map((each) => each.getAttribute('data-seq'))),
    ['2', '1'],
  )
  await page.getByText('2 calls').waitFor()
  t.same(complaints, [])
})

t.test('a person breaks vendors and repairs them, by switch, by form and by keyboard', skip, async (t) => {
  const sandbox = await setupSandbox(t)
  const { page, complaints } = await open(t, sandbox.url)
  const inForce = async () =>
    ((await (await fetch(`${sandbox.url}/faults`)).json()) as Record<string, unknown>[]).map(
      ({ id, ...fault }) => fault,
    )
  await page.getByText('None: every vendor works.').waitFor()
  const refuse = page.getByRole('button', { name: 'Refuse: ses' })
  await refuse.focus()
  await page.keyboard.press('Enter')
  await page.locator('#faults li').getByText('ses: status 503').waitFor()
  t.same(await inForce(), [{ provider: 'ses', mode: 'status', status: 503, remaining: null }])
  t.equal(await vendor(page, 'ses').getAttribute('data-state'), 'broken')
  t.ok(await refuse.evaluate((button) => button === button.ownerDocument.activeElement), 'the focus stays')

  await page.getByText('Another fault').focus()
  await page.keyboard.press('Enter')
  await page.getByLabel('Vendor', { exact: true }).selectOption('smtp')
  await page.getByLabel('What goes wrong').selectOption('delay')
  await page.getByLabel('Calls', { exact: true }).fill('3')
  await page.getByLabel('Of 100 calls').fill('25')
  await page.getByLabel('Of 100 calls').press('Enter')
  await page.locator('#fault-said').getByText('mode "delay" needs delay_ms').waitFor()
  await page.locator('#fault-delay').fill('40')
  await page.locator('#fault-delay').press('Enter')
  await page.locator('#faults li').getByText('smtp: delay 40 ms, 25 of 100 calls, 3 more times').waitFor()
  t.match((await inForce())[1], { provider: 'smtp', mode: 'delay', delay_ms: 40, share: 0.25, times: 3 })

  await page.getByRole('button', { name: 'Take back: smtp' }).press('Space')
  await page.locator('#faults li', { hasText: 'smtp' }).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Flap: ses' }).click()
  await page.locator('#faults li', { hasText: '50 of 100 calls' }).waitFor()
  await page.getByRole('button', { name: 'Works: ses' }).click()
  await page.getByText('None: every vendor works.').waitFor()
  t.same(await inForce(), [])
  t.equal(await vendor(page, 'ses').getAttribute('data-state'), 'works')
  // The browser itself notes an answer that is a refusal.
  t.same(
    complaints.filter((text) => !/status of 400/.test(text)),
    [],
  )
})

t.test(
  'a person has a vendor tell of a message, rightly and wrongly, and reads the answers',
  skip,
  async (t) => {
    const { sandbox, gateway } = await setupReporting(t)
    const { page, complaints } = await open(t, sandbox.url)
    const mail = await mailBySendgrid(sandbox)
    await smsByTwilio(sandbox, undefined)
    await row(page, 2).waitFor()
    await page.getByRole('button', { name: 'Receipt for call 1' }).click()
    t.equal(await page.getByLabel('Message', { exact: true }).inputValue(), mail)
    t.ok(
      await page.locator('#receipt-status').evaluate((field) => field === field.ownerDocument.activeElement),
    )
    await page.getByLabel('Copies').fill('3')
    await page.getByRole('button', { name: 'Send receipt' }).click()
    await page.getByText('The gateway answered 200 × 3.').waitFor()
    t.equal(gateway.heard.length, 3)

    gateway.answers.push(401)
    await page.getByLabel('Copies').fill('')
    await page.getByLabel('What became of it').selectOption('bounced')
    await page.getByLabel('Tampered with').selectOption('signature')
    await page.getByRole('button', { name: 'Send receipt' }).click()
    await page.getByText('The gateway answered 401.').waitFor()
    const told = page.locator('#receipts li')
    await told.nth(3).waitFor()
    t.match(await told.first().textContent(), /sendgrid.*bounced, signature tampered with.*401/)

    await page.getByRole('button', { name: 'Receipt for call 2' }).click()
    await page.getByRole('button', { name: 'Send receipt' }).click()
    await page.getByText('named no StatusCallback').or(page.getByText('Twilio never says')).waitFor()
    t.equal(gateway.heard.length, 4)
    t.same(
      complaints.filter((text) => !/status of 400/.test(text)),
      [],
    )
  },
)

t.test('the page fits a narrow screen, and says when the sandbox is gone', skip, async (t) => {
  const sandbox = await setupSandbox(t)
  const { page } = await open(t, sandbox.url)
  await page.setViewportSize({ width: 360, height: 740 })
  await sendMail(sandbox, mailTo('ada@example.com'))
  await row(page, 1).waitFor()
  await page.getByRole('button', { name: 'Send receipt' }).click()
  await page.locator('#receipt-said').getByText('POSTERN_SANDBOX_SENDGRID_RECEIPT_KEY_FILE').waitFor()
  t.equal(await page.evaluate('document.documentElement.scrollWidth'), 360)
  await page.goto(`${sandbox.url}/`)
  await page.getByRole('link', { name: 'Drill' }).click()
  await row(page, 1).waitFor()
  await sandbox.close()
  await page.getByRole('alert').getByText('The sandbox does not answer.').waitFor()
})
