import t from 'tap'
import { newContext, skipWithoutChromium } from '../setup-demo.ts'
import { inbox, mailTo, sendMail, setupSandbox } from '../setup-sandbox.ts'

t.test(
  'messages arrive by themselves, open, are filtered and deleted',
  { skip: skipWithoutChromium },
  async (t) => {
    const sandbox = await setupSandbox(t)
    const page = await (await newContext(t)).newPage()
    const complaints: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    await page.goto(`${sandbox.url}/inbox`)
    await page.getByText('No message yet.').waitFor()

    const link = 'https://app.example/l#token'
    const text = [{ type: 'text/plain', value: `Hello <b>there</b>, go to ${link} now` }]
    await sendMail(sandbox, mailTo('ada@example.com', { subject: 'First', content: text }))
    await page.locator('#message h3', { hasText: 'First' }).waitFor()
    t.equal(await page.locator('#message pre.text').first().textContent(), text[0]?.value)
    t.equal(await page.locator('#message pre.text a').first().getAttribute('href'), link)

    await sendMail(sandbox, mailTo('bob@example.com', { subject: 'Second' }))
    const rows = page.locator('#messages a')
    await rows.nth(1).waitFor()
    t.match(await rows.first().textContent(), /bob@example\.com.*Second/)
    await rows.nth(1).click()
    await page.locator('#message h3', { hasText: 'First' }).waitFor()
    t.equal(await rows.nth(1).getAttribute('aria-current'), 'true')

    await page.getByLabel('Filter by recipient or subject').fill('BOB@')
    await page.getByText('1 of 2 messages').waitFor()
    t.equal(await rows.count(), 1)
    await rows.first().click()
    await page.frameLocator('#message iframe').getByText('Hello').waitFor()

    await page.getByRole('button', { name: 'Delete all' }).click()
    await page.getByText('No message yet.').waitFor()
    t.same(await inbox(sandbox), [])
    t.same(complaints, [])
  },
)
