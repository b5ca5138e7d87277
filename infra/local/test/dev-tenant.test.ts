import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SCOPES } from '@postern/contracts/scopes'
import t, { type Test } from 'tap'
import { openDataDir } from '../src/data-dir.ts'
import { ensureDevTenant } from '../src/dev-tenant.ts'
import { operatorClient } from '../src/operator.client.ts'

interface Call {
  readonly line: string
  readonly body: Record<string, unknown>
}

/** Answers what a test says for each "METHOD /path", and keeps what it was asked. */
async function setup(t: Test, answers: Record<string, { status: number; body: object }[]>) {
  const calls: Call[] = []
  const server = createServer((request, response) => {
    const line = `${request.method} ${request.url}`
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      calls.push({ line, body: text === '' ? {} : JSON.parse(text) })
      const { status, body } = answers[line]?.shift() ?? { status: 500, body: {} }
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const folder = mkdtempSync(join(tmpdir(), 'postern-tenant-'))
  const dataDir = openDataDir(folder)
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const urls = { gateway: url, notifier: url, audit: url, sandbox: 'http://127.0.0.1:4003' }
  const ensure = () => ensureDevTenant(dataDir, urls, operatorClient(url, 'admin'))
  return { ensure, calls, answers }
}

const created = (id: string) => ({ status: 201, body: { data: { id } } })
const key = (text: string) => ({ status: 201, body: { data: { key: text } } })
const status = (code: number) => ({ status: code, body: {} })

t.test('the first start makes the tenant, with the demo as its redirect and every scope', async (t) => {
  const { ensure, calls } = await setup(t, {
    'POST /v1/tenants': [created('t1')],
    'POST /v1/tenants/t1/api-keys': [key('pk_1')],
  })
  t.same(await ensure(), { tenantId: 't1', apiKey: 'pk_1' })
  t.match(calls[0]?.body, { slug: 'dev', allowed_redirects: ['http://127.0.0.1:4003/'] })
  t.same(calls[1]?.body.scopes, [...SCOPES])
})

t.test('the next start keeps tenant and key, and lets the redirect follow the ports', async (t) => {
  const { ensure, calls, answers } = await setup(t, {
    'POST /v1/tenants': [created('t1')],
    'POST /v1/tenants/t1/api-keys': [key('pk_1')],
  })
  await ensure()
  answers['PATCH /v1/tenants/t1'] = [status(200)]
  answers['GET /v1/events?limit=1'] = [status(200)]
  t.same(await ensure(), { tenantId: 't1', apiKey: 'pk_1' })
  t.same(calls[2]?.body, { allowed_redirects: ['http://127.0.0.1:4003/'] })
})

t.test('a key that no longer works is made anew', async (t) => {
  const { ensure, answers } = await setup(t, {
    'POST /v1/tenants': [created('t1')],
    'POST /v1/tenants/t1/api-keys': [key('pk_1'), key('pk_2')],
  })
  await ensure()
  answers['PATCH /v1/tenants/t1'] = [status(200)]
  answers['GET /v1/events?limit=1'] = [status(401)]
  t.same(await ensure(), { tenantId: 't1', apiKey: 'pk_2' })
})

t.test(
  'a database that forgot the tenant gets one; one that kept it from before gets another name',
  async (t) => {
    const { ensure, calls, answers } = await setup(t, {
      'POST /v1/tenants': [created('t1')],
      'POST /v1/tenants/t1/api-keys': [key('pk_1')],
    })
    await ensure()
    answers['PATCH /v1/tenants/t1'] = [status(404)]
    answers['POST /v1/tenants'] = [status(409), created('t2')]
    answers['POST /v1/tenants/t2/api-keys'] = [key('pk_2')]
    t.same(await ensure(), { tenantId: 't2', apiKey: 'pk_2' })
    t.match(calls.findLast(({ line }) => line === 'POST /v1/tenants')?.body.slug, /^dev-[0-9a-f]{8}$/)
  },
)

t.test('a gateway that refuses is told with its answer', async (t) => {
  const { ensure } = await setup(t, {
    'POST /v1/tenants': [{ status: 401, body: { error: { code: 'UNAUTHENTICATED' } } }],
  })
  await t.rejects(ensure(), {
    name: 'SetupError',
    message: 'The gateway runs, but the dev tenant could not be made: it answered 401 UNAUTHENTICATED.',
  })
})
