import t from 'tap'
import { inbox, mailTo, script, sendMail, setupSandbox } from '../setup-sandbox.ts'
import { sendSms, smsTo } from '../vendor/twilio/twilio-calls.ts'

t.test('a script that makes no sense is refused with the reason', async (t) => {
  const sandbox = await setupSandbox(t)
  const refused: [Record<string, unknown>, RegExp][] = [
    [{}, /mode/],
    [{ mode: 'explode' }, /mode/],
    [{ mode: 'timeout', provider: 'pigeon' }, /one of: sendgrid/],
    [{ mode: 'timeout', provider: undefined }, /provider/],
    [{ mode: 'status' }, /needs a status/],
    [{ mode: 'status', status: 202 }, />= 400/],
    [{ mode: 'status', status: '503' }, /integer/],
    [{ mode: 'timeout', status: 503 }, /takes no status/],
    [{ mode: 'delay' }, /needs delay_ms/],
    [{ mode: 'slow_body' }, /needs delay_ms/],
    [{ mode: 'delay', delay_ms: 0 }, />= 1/],
    [{ mode: 'delay', delay_ms: 5, error_code: 1 }, /takes no error_code/],
    [{ mode: 'timeout', times: 0 }, />= 1/],
    [{ mode: 'timeout', times: 1.5 }, /integer/],
    [{ mode: 'timeout', time: 1 }, /additional/],
    [{ mode: 'timeout', share: 0 }, /> 0/],
    [{ mode: 'timeout', share: 1.1 }, /<= 1/],
    [{ mode: 'timeout', provider: 'smtp', method: 'POST' }, /by SMTP has no method/],
    [{ mode: 'timeout', method: 'GET' }, /no GET ever comes to it/],
    [{ mode: 'timeout', provider: 'ses', method: 'GET' }, /no GET ever comes to it/],
    [{ mode: 'timeout', provider: 'gateway', method: 'GET' }, /no GET ever comes to it/],
    [{ mode: 'status', status: 400, provider: 'twilio', error_code: 'x' }, /number of five digits/],
  ]
  for (const [fault, reason] of refused) {
    const response = await script(sandbox, fault)
    t.equal(response.status, 400, JSON.stringify(fault))
    t.match(await response.json(), { error: { message: reason } })
  }
  t.same(await (await fetch(`${sandbox.url}/faults`)).json(), [])
})

t.test('scripts are listed with what remains of them, acted out in order, and cleared', async (t) => {
  const sandbox = await setupSandbox(t)
  t.equal((await script(sandbox, { mode: 'status', status: 500, times: 3 })).status, 201)
  t.equal((await script(sandbox, { mode: 'status', status: 401 })).status, 201)
  const list = async () => (await (await fetch(`${sandbox.url}/faults`)).json()) as Record<string, unknown>[]
  t.equal((await sendMail(sandbox, mailTo('ada@example.com'))).status, 500)
  t.match(await list(), [
    { provider: 'sendgrid', mode: 'status', status: 500, times: 3, remaining: 2 },
    { provider: 'sendgrid', mode: 'status', status: 401, remaining: null },
  ])
  for (const status of [500, 500, 401, 401]) {
    t.equal((await sendMail(sandbox, mailTo('ada@example.com'))).status, status)
  }
  t.equal((await list()).length, 1, 'a spent script is gone, one without times stays')
  const clear = async () => await (await fetch(`${sandbox.url}/faults`, { method: 'DELETE' })).json()
  t.same(await clear(), { removed: 1 })
  t.same(await clear(), { removed: 0 })
  t.equal((await sendMail(sandbox, mailTo('ada@example.com'))).status, 202)
  t.equal((await inbox(sandbox)).length, 1)
})

t.test('another site\u2019s page cannot script a fault with a plain form', async (t) => {
  const sandbox = await setupSandbox(t)
  const body = JSON.stringify({ provider: 'sendgrid', mode: 'timeout' })
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const response = await fetch(`${sandbox.url}/faults`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    })
    t.equal(response.status, 415, type)
  }
  const preflight = await fetch(`${sandbox.url}/faults`, {
    method: 'OPTIONS',
    headers: { origin: 'https://elsewhere.example', 'access-control-request-method': 'DELETE' },
  })
  t.equal(preflight.headers.get('access-control-allow-origin'), null)
})

t.test('a vendor that flaps spoils its share of the calls, the same ones for the same seed', async (t) => {
  const run = async (seed: string, others: boolean) => {
    const sandbox = await setupSandbox(t, { seed })
    await script(sandbox, { mode: 'status', status: 503, share: 0.5 })
    await script(sandbox, { provider: 'twilio', mode: 'status', status: 503, share: 0.5 })
    const statuses: number[] = []
    for (let n = 0; n < 40; n += 1) {
      statuses.push((await sendMail(sandbox, mailTo('ada@example.com'))).status)
      if (others) await sendSms(sandbox, smsTo('+447700900001'))
    }
    return statuses
  }
  const first = await run('one', false)
  const spoiled = first.filter((status) => status === 503).length
  t.ok(spoiled > 5 && spoiled < 35, `${spoiled} of 40`)
  t.same(await run('one', false), first)
  t.same(await run('one', true), first, 'whatever happens at another vendor meanwhile')
  t.notSame(await run('two', false), first)
})

t.test('one script is taken back by its id, and the others stay', async (t) => {
  const sandbox = await setupSandbox(t)
  const ids: string[] = []
  for (const status of [500, 401]) {
    const { id } = (await (await script(sandbox, { mode: 'status', status })).json()) as { id: string }
    ids.push(id)
  }
  const take = async (id = '') =>
    await (await fetch(`${sandbox.url}/faults/${id}`, { method: 'DELETE' })).json()
  t.same(await take(ids[0]), { removed: 1 })
  t.same(await take(ids[0]), { removed: 0 })
  t.equal((await sendMail(sandbox, mailTo('ada@example.com'))).status, 401)
  t.equal((await fetch(`${sandbox.url}/faults/x`, { method: 'DELETE' })).status, 400)
})
