// The process: what it needs to start, what it tells, how it ends.

import t from 'tap'
import { givenDatabase } from '../fixtures/in-process.ts'
import { secretsFolder, spawnAudit } from '../fixtures/process.ts'
import { addEvent, addTenant } from '../fixtures/trail.ts'

t.test('it starts with a database URL alone, answers, and ends in order on SIGTERM', async (t) => {
  const { urls, admin } = await givenDatabase(t)
  const tenant = await addTenant(admin)
  const id = await addEvent(admin, tenant.id)
  const folder = await secretsFolder(t, { 'database-url-audit': urls.auditUrl })
  const audit = spawnAudit(t, { POSTERN_SECRETS_DIR: folder, POSTERN_LOG_LEVEL: 'trace' })
  const url = await audit.ready()
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
  const list = await fetch(`${url}/v1/events?subject=user:canary-subject`, { headers: tenant.headers })
  t.equal(list.status, 200)
  const one = await fetch(`${url}/v1/events/${id}`, { headers: tenant.headers })
  t.equal(one.status, 200)
  t.equal(one.headers.get('cache-control'), 'no-store')
  const forged = await fetch(`${url}/v1/events`, {
    headers: { authorization: `${tenant.headers.authorization}x` },
  })
  t.equal(forged.status, 401)
  t.equal(await audit.end('SIGTERM'), 0)
  const output = audit.output()
  t.match(output, /"route":"\/v1\/events"/, 'requests are logged')
  const password = new URL(urls.auditUrl).password
  for (const secret of [tenant.headers.authorization.slice(7), password, 'canary-subject']) {
    t.notOk(output.includes(secret), 'at the most talkative level, no secret and no query string is')
  }
})

t.test('it does not start without its secrets, names every fault and shows no value', async (t) => {
  const folder = await secretsFolder(t, { 'queue-url': 'mysql://user:canary@nowhere/' })
  const audit = spawnAudit(t, {
    POSTERN_SECRETS_DIR: folder,
    POSTERN_AUDIT_PORT: 'canary-port',
    POSTERN_AUDIT_CONCURRENCY: '0',
    POSTERN_API_TOKEN: 'canary-token',
  })
  t.equal(await audit.exited, 78)
  const output = audit.output()
  for (const fault of [
    'POSTERN_AUDIT_PORT',
    'POSTERN_AUDIT_CONCURRENCY',
    'POSTERN_API_TOKEN',
    'database-url-audit: is missing',
    'queue-url: must be a URL with the scheme redis',
  ]) {
    t.match(output, fault, fault)
  }
  t.notMatch(output, /canary/)
})

t.test('a port that is taken ends it with an error and leaves nothing running', async (t) => {
  const { urls } = await givenDatabase(t)
  const folder = await secretsFolder(t, { 'database-url-audit': urls.auditUrl })
  const first = spawnAudit(t, { POSTERN_SECRETS_DIR: folder })
  const { port } = new URL(await first.ready())
  const second = spawnAudit(t, { POSTERN_SECRETS_DIR: folder, POSTERN_AUDIT_PORT: port })
  t.equal(await second.exited, 1)
  t.match(second.output(), 'EADDRINUSE')
  t.ok(first.running())
})
