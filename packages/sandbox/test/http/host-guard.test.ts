import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { Sandbox } from '@postern/sandbox/sandbox'
import t from 'tap'
import { setupSandbox } from '../setup-sandbox.ts'

async function statusFor(
  sandbox: Sandbox,
  host: string,
  path = '/inbox/messages',
): Promise<number | undefined> {
  const [response] = (await once(get(sandbox.url + path, { headers: { host } }), 'response')) as [
    IncomingMessage,
  ]
  response.resume()
  return response.statusCode
}

t.test('a public name that points at this machine does not reach the inbox', async (t) => {
  const sandbox = await setupSandbox(t, { publicUrl: 'https://sandbox.team.example' })
  for (const host of [
    'evil.example',
    'evil.example:4003',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'evil.example.',
  ]) {
    t.equal(await statusFor(sandbox, host), 403, host)
    t.equal(await statusFor(sandbox, host, '/sendgrid/v3/mail/send'), 405, 'a vendor has any name')
  }
  for (const host of [
    '127.0.0.1:4003',
    'localhost:4003',
    'LOCALHOST',
    '[::1]:4003',
    'sandbox:4003',
    'a.localhost',
    'sandbox.team.example',
  ]) {
    t.equal(await statusFor(sandbox, host), 200, host)
  }
})

t.test('the sandbox answers /livez, and names no page that is not there', async (t) => {
  const sandbox = await setupSandbox(t)
  t.same(await (await fetch(`${sandbox.url}/livez`)).json(), { status: 'alive' })
  for (const path of ['/nothing', '/assets/', '/assets/../app.ts', '/assets/demo.html', '/sendgrid']) {
    t.equal((await fetch(sandbox.url + path)).status, 404, path)
  }
})
