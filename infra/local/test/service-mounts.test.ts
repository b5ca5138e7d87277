import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { rotateKey } from '../src/rotate-key.ts'
import { generateSecrets, readSecret, writeSecret } from '../src/secret-files.ts'
import { mountSecrets } from '../src/service-mounts.ts'

function dataDir(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-mounts-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const secrets = join(folder, 'secrets')
  generateSecrets(secrets)
  for (const role of ['owner', 'gateway', 'notifier', 'audit']) {
    writeSecret(join(secrets, `database-url-${role}`), `postgres://${role}`)
  }
  return { secrets, mounts: join(folder, 'services') }
}

t.test('each service sees its own secrets and no other: the audit signs, the gateway mints', async (t) => {
  const { secrets, mounts } = dataDir(t)
  writeSecret(join(secrets, 'sender-acme'), 'the credential of a tenant’s own sender')
  writeSecret(join(secrets, 'receipt-acme'), 'what the receipts of a tenant’s own sender are checked by')
  const places = mountSecrets(secrets, mounts)
  const seen = Object.fromEntries(
    Object.entries(places).map(([name, place]) => [name, readdirSync(place).sort()]),
  )
  t.same(seen, {
    gateway: [
      'admin-key',
      'csrf',
      'database-url-gateway',
      'gateway-receipt-key',
      'jwt',
      'pepper',
      'receipt',
      'receipt-acme',
      'refresh',
      'seal',
      'sendgrid-receipt-key',
      'twilio-receipt-token',
    ],
    notifier: [
      'database-url-notifier',
      'message-gateway-key',
      'receipt',
      'seal',
      'sender-acme',
      'sendgrid-api-key',
      'ses-access-key',
      'smtp-login',
      'twilio-auth-token',
    ],
    audit: ['database-url-audit', 'log', 'pepper', 'seal'],
  })
})

t.test('a secret that is gone is gone for the services after the next start', async (t) => {
  const { secrets, mounts } = dataDir(t)
  writeSecret(join(secrets, 'queue-url'), 'redis://127.0.0.1:6379')
  t.ok(readdirSync(mountSecrets(secrets, mounts).notifier).includes('queue-url'))
  rmSync(join(secrets, 'queue-url'))
  t.notOk(readdirSync(mountSecrets(secrets, mounts).notifier).includes('queue-url'))
})

t.test('a rotated ring shows in the folders of running services at once', async (t) => {
  const { secrets, mounts } = dataDir(t)
  const { gateway } = mountSecrets(secrets, mounts)
  const first = readFileSync(join(gateway, 'pepper/v1'), 'utf8')
  t.equal(
    rotateKey(secrets, 'pepper'),
    'Ring pepper has a key v2 now. Running services pick it up without a restart.',
  )
  t.same(readdirSync(join(gateway, 'pepper')).sort(), ['v1', 'v2'])
  t.equal(readFileSync(join(gateway, 'pepper/v1'), 'utf8'), first)
  t.not(readFileSync(join(gateway, 'pepper/v2'), 'utf8'), first)
  const { uid, mode } = statSync(join(secrets, 'pepper/v2'))
  t.same([uid, mode & 0o777], [lstatSync(join(secrets, 'pepper/v1')).uid, 0o600])
})

t.test('what was generated is kept by the next start', async (t) => {
  const { secrets } = dataDir(t)
  const before = readSecret(join(secrets, 'admin-key'))
  generateSecrets(secrets)
  t.equal(readSecret(join(secrets, 'admin-key')), before)
  t.same(readdirSync(join(secrets, 'jwt')), ['v1'])
})
