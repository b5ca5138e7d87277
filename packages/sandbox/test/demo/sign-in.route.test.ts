import { rm, writeFile } from 'node:fs/promises'
import t from 'tap'
import { API_KEY } from '../fake-postern.ts'
import { type Demo, setupDemo } from '../setup-demo.ts'
import { setupSandbox } from '../setup-sandbox.ts'

async function post(url: string, body: object): Promise<{ status: number; data: Record<string, unknown> }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, data: (await response.json()) as Record<string, unknown> }
}

async function startSignIn({ sandbox }: Demo, to: string, method = 'link'): Promise<string> {
  const { status, data } = await post(`${sandbox.url}/demo/sign-ins`, { to, method })
  if (status !== 201) throw new Error(`no sign-in: ${JSON.stringify(data)}`)
  return String(data.id)
}

async function show({ sandbox }: Demo, id: string): Promise<Record<string, unknown>> {
  return (await (await fetch(`${sandbox.url}/demo/sign-ins/${id}`)).json()) as Record<string, unknown>
}

t.test('the redirect stays below the sandbox\u2019s own address', async (t) => {
  const own = await setupDemo(t)
  const id = await startSignIn(own, 'ada@example.com')
  const [link] = own.postern.links.values()
  t.equal(link?.redirectUrl, `${own.sandbox.url}/callback/${id}`)
  const told = await setupDemo(t, { publicUrl: 'http://localhost:4003/' })
  await startSignIn(told, 'ada@example.com')
  t.match(
    [...told.postern.links.values()],
    [{ redirectUrl: /^http:\/\/localhost:4003\/callback\/[0-9a-f-]{36}$/ }],
  )
})

t.test('a sign-in shows its own mail, not another of the same address', async (t) => {
  const demo = await setupDemo(t)
  const [first, second] = [
    await startSignIn(demo, 'ada@example.com'),
    await startSignIn(demo, 'ada@example.com'),
  ]
  const [one, two] = [...demo.postern.links.values()]
  while ((await show(demo, second)).message === null);
  t.match(await show(demo, first), { message: { marker: { delivery_id: one?.deliveryId } }, signed_in: null })
  t.match(await show(demo, second), {
    message: { marker: { delivery_id: two?.deliveryId } },
    signed_in: null,
  })
})

t.test('what goes wrong is told in plain sentences', async (t) => {
  const demo = await setupDemo(t)
  const start = async (to: string) =>
    (await post(`${demo.sandbox.url}/demo/sign-ins`, { to, method: 'link' })).data.problem
  t.match(await start('nobody'), { kind: 'refused', code: 'VALIDATION_FAILED' })
  const verify = async (token: string) =>
    (await post(`${demo.sandbox.url}/demo/verify`, { token })).data.problem
  t.match(await verify('forged'), { kind: 'refused', code: 'INVALID_TOKEN' })
  await writeFile(demo.apiKeyFile, 'pk_another_key')
  t.match(await start('ada@example.com'), { kind: 'refused', code: 'UNAUTHENTICATED' })
  await rm(demo.apiKeyFile)
  t.match(await start('ada@example.com'), { kind: 'no_api_key', message: /no API key yet/ })
  await writeFile(demo.apiKeyFile, API_KEY)
  t.equal(await start('ada@example.com'), undefined, 'a key that appears later is used')
  await demo.postern.close()
  t.match(await start('ada@example.com'), { kind: 'unreachable', message: demo.postern.url })
})

t.test('an answer that is not Postern\u2019s is not taken for one', async (t) => {
  const other = await setupSandbox(t)
  const demo = await setupDemo(t, { gatewayUrl: other.url })
  const { status, data } = await post(`${demo.sandbox.url}/demo/sign-ins`, {
    to: 'ada@example.com',
    method: 'code',
  })
  t.equal(status, 502)
  t.match(data, { problem: { kind: 'not_understood' } })
})

t.test('a trail that cannot be asked for is told, and the rest is shown', async (t) => {
  const other = await setupSandbox(t)
  const demo = await setupDemo(t, { auditUrl: other.url })
  const id = await startSignIn(demo, 'ada@example.com')
  t.match(await show(demo, id), {
    to: 'ada@example.com',
    trail: { events: [], problem: { kind: 'not_understood' } },
  })
})

t.test('a missing second factor is told and opens no session', async (t) => {
  const demo = await setupDemo(t)
  const expires_at = new Date().toISOString()
  demo.postern.mfa = {
    required: true,
    enrollment_required: false,
    token: 'canary-mfa',
    methods: ['totp'],
    expires_at,
  }
  const id = await startSignIn(demo, 'ada@example.com')
  const [token] = demo.postern.links.keys()
  const { data } = await post(`${demo.sandbox.url}/demo/verify`, { token, sign_in: id })
  t.same(data, { id })
  const shown = await show(demo, id)
  t.match(shown, { signed_in: { session: null, second_factor_required: true } })
  t.notMatch(JSON.stringify(shown), /canary/)
})

t.test('a code signs in once, and a wrong one says how many tries are left', async (t) => {
  const demo = await setupDemo(t)
  const sign_in = await startSignIn(demo, 'ada@example.com', 'code')
  const attempt = (code: string, id = sign_in) =>
    post(`${demo.sandbox.url}/demo/codes`, { sign_in: id, code })
  t.match((await attempt('000000')).data.problem, { code: 'INVALID_CODE', remaining_attempts: 4 })
  t.match(await show(demo, sign_in), { method: 'code', to: 'ada@example.com', signed_in: null })
  t.same((await attempt('042137')).data, { id: sign_in })
  t.match(await show(demo, sign_in), {
    signed_in: { name: 'ada@example.com', session: { amr: ['otp_email'] } },
  })
  t.match((await attempt('042137')).data.problem, { code: 'TOKEN_USED', remaining_attempts: null })
  for (const code of ['4213', '0421377', '04213a', 42137]) {
    t.equal((await attempt(code as string)).status, 400)
  }
  const link = await startSignIn(demo, 'ada@example.com')
  t.equal((await attempt('042137', link)).status, 404, 'a link has no code')
})

t.test('an unknown sign-in is not found, and a bad body is refused', async (t) => {
  const demo = await setupDemo(t)
  const unknown = await fetch(`${demo.sandbox.url}/demo/sign-ins/019a0000-0000-7000-8000-000000000000`)
  t.equal(unknown.status, 404)
  for (const body of [
    {},
    { to: '', method: 'link' },
    { to: ['ada@example.com'], method: 'link' },
    { to: 'ada@example.com' },
    { to: 'ada@example.com', method: 'pigeon' },
    { to: 'ada@example.com', method: 'code', more: 'x' },
  ]) {
    t.equal((await post(`${demo.sandbox.url}/demo/sign-ins`, body)).status, 400)
  }
  t.same(demo.postern.seen, [])
})
