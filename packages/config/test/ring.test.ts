import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { basename } from 'node:path'
import t from 'tap'
import { openSecrets } from '../src/secrets.ts'
import { ecKey, ed25519Key, faultsOf, secretsFolder, symmetricKey } from './secrets-folder.ts'

const NOW = 1_795_000_000_000
const overlap = { overlapMs: 60_000, now: new Date(NOW) }

t.test('a ring holds every version of its folder, and the highest writes', async (t) => {
  const folder = secretsFolder(t)
  for (const version of [1, 2, 10, 255]) folder.write(`pepper/v${version}`, symmetricKey())
  const ring = openSecrets(folder.dir).ring('pepper', 'symmetric')
  t.same(
    ring.entries.map(({ version }) => version),
    [1, 2, 10, 255],
  )
  t.equal(ring.current, 255)
  t.match(ring, { name: 'pepper', kind: 'symmetric', folder: folder.path('pepper') })
  t.ok(ring.entries.every(({ key }) => key.type === 'secret' && key.symmetricKeySize === 32))
})

t.test('each kind of ring is read', async (t) => {
  const folder = secretsFolder(t)
  folder.write('jwt/v1', ecKey())
  folder.write('log/v1', ed25519Key())
  const secrets = openSecrets(folder.dir)
  t.equal(secrets.ring('jwt', 'ec').entries[0]?.key.asymmetricKeyType, 'ec')
  t.equal(secrets.ring('log', 'ed25519').entries[0]?.key.asymmetricKeyType, 'ed25519')
})

t.test('a ring folder as Kubernetes mounts it is read', async (t) => {
  const folder = secretsFolder(t)
  folder.write('pepper/..2026_11/v1', symmetricKey())
  symlinkSync('..2026_11', folder.path('pepper/..data'))
  symlinkSync('..data/v1', folder.path('pepper/v1'))
  t.equal(openSecrets(folder.dir).ring('pepper', 'symmetric').current, 1)
})

t.test('a key of the wrong size, form or kind, or one that was not drawn, is refused', async (t) => {
  const base64 = (...bytes: number[]) => Buffer.from(bytes).toString('base64')
  const row = Array.from({ length: 32 }, (_, at) => at)
  const key = symmetricKey().trim()
  const symmetric: Record<string, string> = {
    '31 bytes': Buffer.from(key, 'base64').subarray(1).toString('base64'),
    '33 bytes': Buffer.concat([Buffer.from(key, 'base64'), Buffer.alloc(1)]).toString('base64'),
    'no padding': key.slice(0, -1),
    hex: Buffer.from(key, 'base64').toString('hex'),
    'two lines': `${key}\n${key}`,
    'a blank': `${key} `,
    'all zero': base64(...row.map(() => 0)),
    'all the same': base64(...row.map(() => 0x5a)),
    'a counted row': base64(...row),
    'a counted row downwards': base64(...row.map((at) => 300 - 5 * at)),
    'a passphrase': Buffer.from('correct horse battery staple 123').toString('base64'),
    'few different bytes': base64(...row.map((at) => [3, 250, 77, 130][at % 4] ?? 0)),
    'a private key': ecKey(),
  }
  const ec: Record<string, string> = {
    'P-384': ecKey('P-384'),
    secp256k1: ecKey('secp256k1'),
    Ed25519: ed25519Key(),
    'SEC 1': ecKey('P-256', 'sec1'),
    'base64 without PEM': key,
    'damaged PEM': ecKey().replace(/[A-Za-z]{4}/g, 'AAAA'),
    'two keys': ecKey() + ecKey(),
  }
  for (const [kind, cases] of [
    ['symmetric', symmetric],
    ['ec', ec],
    ['ed25519', { 'P-256': ecKey(), symmetric: key }],
  ] as const) {
    for (const [what, text] of Object.entries(cases)) {
      const folder = secretsFolder(t)
      folder.write('ring/v1', text)
      const [fault, ...more] = faultsOf(() => openSecrets(folder.dir).ring('ring', kind))
      t.ok(fault?.startsWith(`${folder.path('ring/v1')}: `), `${kind}: ${what}`)
      t.notOk(fault?.includes(text.trim().slice(28, 40)), 'never the value')
      t.same(more, [])
    }
  }
})

t.test('a stray or misnamed file is refused, because a key in it would silently not be used', async (t) => {
  for (const name of ['v0', 'v256', 'v01', 'V2', 'v2.bak', 'v2~', '2', 'README']) {
    const folder = secretsFolder(t)
    folder.write('pepper/v1', symmetricKey())
    folder.write(`pepper/${name}`, symmetricKey())
    const faults = faultsOf(() => openSecrets(folder.dir).ring('pepper', 'symmetric'))
    t.same(faults, [`${folder.path(`pepper/${name}`)}: does not belong here; keys are named v1 to v255`])
  }
  const folder = secretsFolder(t)
  folder.write('pepper/v1', symmetricKey())
  mkdirSync(folder.path('pepper/v2'))
  t.match(faultsOf(() => openSecrets(folder.dir).ring('pepper', 'symmetric'))[0], /v2: is not a regular file/)
})

t.test('an empty or missing ring is refused', async (t) => {
  const folder = secretsFolder(t)
  mkdirSync(folder.path('seal'))
  const secrets = openSecrets(folder.dir)
  for (const name of ['seal', 'pepper']) {
    t.match(faultsOf(() => secrets.ring(name, 'symmetric'))[0], `${folder.path(name)}: holds no key`)
  }
})

t.test('one key may not serve twice, neither in one ring nor in two', async (t) => {
  const folder = secretsFolder(t)
  const key = symmetricKey()
  folder.write('pepper/v1', key)
  folder.write('seal/v1', symmetricKey())
  folder.write('seal/v2', key)
  folder.write('csrf/v1', symmetricKey())
  const secrets = openSecrets(folder.dir)
  t.ok(secrets.ring('pepper', 'symmetric'))
  t.ok(secrets.ring('pepper', 'symmetric'), 'reading a ring again is no fault')
  t.same(
    faultsOf(() => secrets.ring('seal', 'symmetric')),
    [`${folder.path('seal/v2')}: holds the same key as pepper/v1`],
  )
  folder.write('csrf/v3', key)
  renameSync(folder.path('csrf/v3'), folder.path('csrf/v2'))
  rmSync(folder.path('csrf/v1'))
  folder.write('csrf/v1', key)
  t.match(
    faultsOf(() => openSecrets(folder.dir).ring('csrf', 'symmetric'))[0],
    /v2: holds the same key as v1$/,
  )
})

t.test('at the start the highest version writes, unless its file is younger than the overlap', async (t) => {
  const folder = secretsFolder(t)
  const ages: [string, number[], number][] = [
    ['both old', [600_000, 60_000], 2],
    ['the second young', [600_000, 59_999], 1],
    ['the second from the future', [600_000, -3_600_000], 1],
    ['only one, and young', [10], 1],
    ['all young, as after a mount', [10, 10], 1],
    ['all young: the last but one', [10, 10, 10], 2],
    ['two young: the last old one', [600_000, 20, 10], 1],
  ]
  for (const [what, list, current] of ages) {
    const name = `jwt-${ages.findIndex(([other]) => other === what)}`
    for (const [at, age] of list.entries()) {
      folder.write(`${name}/v${at + 1}`, ecKey())
      folder.touch(`${name}/v${at + 1}`, NOW - age)
    }
    t.equal(openSecrets(folder.dir).ring(name, 'ec', overlap).current, current, what)
  }
  t.equal(basename(folder.path('jwt')), 'jwt')
})
