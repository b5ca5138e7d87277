// The secrets of an installation in containers: each container's folder starts its service's config and holds no more.

import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSecrets } from '@postern/config/secrets'
import t from 'tap'
import { createSecrets } from '../src/create-secrets.ts'
import { rotateKey } from '../src/rotate-key.ts'

const folder = await mkdtemp(join(tmpdir(), 'postern-secrets-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const told = createSecrets(folder)
const postgres = { schemes: ['postgres'] }

t.test('every container finds what it may see, and no other container’s', async (t) => {
  t.strictSame(readdirSync(folder).sort(), ['audit', 'database', 'gateway', 'notifier', 'postgres-password'])
  t.strictSame(readdirSync(join(folder, 'notifier')).sort(), [
    'database-url-notifier',
    'queue-url',
    'receipt',
    'redis-url',
    'seal',
  ])
  t.strictSame(readdirSync(join(folder, 'audit')).sort(), [
    'database-url-audit',
    'log',
    'pepper',
    'queue-url',
    'seal',
  ])
  t.notOk(existsSync(join(folder, 'gateway/log')), 'who mints sessions cannot sign the trail')
  const gateway = openSecrets(join(folder, 'gateway'))
  t.match(
    gateway.url('database-url-gateway', postgres),
    /^postgres:\/\/postern_gateway:[\w-]{43}@postgres:5432\/postern$/,
  )
  for (const ring of ['pepper', 'seal', 'refresh', 'csrf', 'receipt'] as const)
    t.equal(gateway.ring(ring, 'symmetric').current, 1)
  t.equal(gateway.ring('jwt', 'ec').current, 1)
  const seals = ['gateway', 'notifier', 'audit'].map((name) =>
    readFileSync(join(folder, name, 'seal/v1'), 'utf8'),
  )
  t.equal(new Set(seals).size, 1)
  const password = readFileSync(join(folder, 'postgres-password'), 'utf8').trim()
  t.ok(openSecrets(join(folder, 'database')).url('database-url-admin', postgres).includes(password))
  t.equal(statSync(join(folder, 'gateway/admin-key')).mode & 0o777, 0o600)
})

t.test('what it tells names files, not secrets', async (t) => {
  for (const name of ['gateway/admin-key', 'postgres-password']) {
    t.notOk(told.includes(readFileSync(join(folder, name), 'utf8').trim()))
  }
})

t.test('a second run changes nothing and says so', async (t) => {
  const before = readFileSync(join(folder, 'gateway/admin-key'), 'utf8')
  t.throws(() => createSecrets(folder), /is not empty/)
  t.equal(readFileSync(join(folder, 'gateway/admin-key'), 'utf8'), before)
})

t.test('a rotated ring has the same new key in every container that sees it', async (t) => {
  t.match(rotateKey(folder, 'seal'), 'v2')
  const keys = ['gateway', 'notifier', 'audit'].map((name) =>
    readFileSync(join(folder, name, 'seal/v2'), 'utf8'),
  )
  t.equal(new Set(keys).size, 1)
  for (const name of ['gateway', 'notifier', 'audit']) rmSync(join(folder, name, 'seal/v1'))
  t.match(rotateKey(folder, 'seal'), 'v3', 'also when the first key was taken away')
  t.throws(() => rotateKey(folder, 'nothing'), /There is no ring/)
  t.throws(() => rotateKey(join(folder, 'missing'), 'seal'), /holds no ring/)
})
