import t from 'tap'
import { calls, inbox, mailTo, sendMail, setupSandbox } from '../setup-sandbox.ts'

t.test('the newest message comes first, and recipient and channel filter', async (t) => {
  const sandbox = await setupSandbox(t)
  for (const [place, to] of ['Ada@example.com', 'bob@example.com', 'ada@example.com'].entries()) {
    await sendMail(sandbox, mailTo(to, { subject: `Mail ${place}` }))
  }
  const subjects = async (query = '') => (await inbox(sandbox, query)).map(({ subject }) => subject)
  t.same(await subjects(), ['Mail 2', 'Mail 1', 'Mail 0'])
  t.same(await subjects('?to=ada@EXAMPLE.com'), ['Mail 2', 'Mail 0'])
  t.same(await subjects('?to=ada'), [], 'only a whole address matches')
  t.same(await subjects('?channel=email'), ['Mail 2', 'Mail 1', 'Mail 0'])
  t.same(await subjects('?channel=sms'), [])
  t.same(await subjects('?to=bob@example.com&channel=email'), ['Mail 1'])
  t.same(await subjects('?limit=2'), ['Mail 2', 'Mail 1'])
  for (const query of ['?channel=fax', '?limit=0', '?limit=many', '?unknown=1', '?to=']) {
    t.equal((await fetch(`${sandbox.url}/inbox/messages${query}`)).status, 400, query)
  }
})

t.test('a cleared inbox is empty, and the ledger stays', async (t) => {
  const sandbox = await setupSandbox(t)
  await sendMail(sandbox, mailTo('ada@example.com'))
  const clear = async () => await (await fetch(`${sandbox.url}/inbox/messages`, { method: 'DELETE' })).json()
  t.same(await clear(), { removed: 1 })
  t.same(await clear(), { removed: 0 })
  t.same(await inbox(sandbox), [])
  t.equal((await calls(sandbox)).length, 1)
})

t.test('inbox and ledger keep the newest only', async (t) => {
  const sandbox = await setupSandbox(t, { keep: 5 })
  for (let place = 0; place < 12; place += 1) await sendMail(sandbox, mailTo(`p${place}@example.com`))
  t.same(
    (await inbox(sandbox)).map(({ to }) => to),
    [11, 10, 9, 8, 7].map((place) => `p${place}@example.com`),
  )
  t.same(
    (await calls(sandbox)).map(({ seq }) => seq),
    [8, 9, 10, 11, 12],
    'the numbers tell what is gone',
  )
})

t.test('a mail\u2019s HTML comes with a policy that lets nothing run or load', async (t) => {
  const sandbox = await setupSandbox(t)
  const html = '<!DOCTYPE html><html lang="en"><body><a href="http://127.0.0.1/l#t">Go</a></body></html>'
  await sendMail(sandbox, mailTo('ada@example.com', { content: [{ type: 'text/html', value: html }] }))
  await sendMail(sandbox, mailTo('bob@example.com', { content: [{ type: 'text/plain', value: 'text' }] }))
  const [text, mail] = await inbox(sandbox)
  const response = await fetch(`${sandbox.url}/inbox/messages/${mail?.id}/html`)
  t.equal(response.status, 200)
  const policy = response.headers.get('content-security-policy') ?? ''
  t.match(policy, /default-src 'none'/)
  t.match(policy, /; sandbox allow-popups allow-popups-to-escape-sandbox$/)
  t.notMatch(policy, /script-src|allow-scripts|allow-same-origin/)
  t.match(await response.text(), /^<!DOCTYPE html><base target="_blank"><html lang="en">/)
  t.equal((await fetch(`${sandbox.url}/inbox/messages/${text?.id}/html`)).status, 404, 'a mail without HTML')
  t.equal(
    (await fetch(`${sandbox.url}/inbox/messages/019a0000-0000-7000-8000-000000000000/html`)).status,
    404,
  )
  t.equal((await fetch(`${sandbox.url}/inbox/messages/nothing/html`)).status, 400)
})
