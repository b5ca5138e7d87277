// Key rings: one key writes, all read, and a fault in one is told before anything is made with it.

import { createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import t from 'tap'
import { createKeyRing, KeyRingError, LiveKeyRing, ringOf } from '../src/key-ring.ts'
import { bytesOf, newEcKey, secretKey, symmetricRing } from './rings.ts'

t.test('the highest version writes unless told, and all are read, oldest first', async (t) => {
  const entries = [2, 10, 1].map((version) => ({ version, key: secretKey(`k${version}`) }))
  const ring = createKeyRing('pepper', entries)
  t.equal(ring.current.version, 10)
  t.same(
    ring.all().map(({ version }) => version),
    [1, 2, 10],
  )
  t.equal(ring.get(2)?.key, entries[0]?.key)
  t.equal(ring.get(3), undefined)
  t.equal(ring.get(0), undefined)
  t.equal(createKeyRing('pepper', entries, 2).current.version, 2)
})

t.test('a ring that could not be used safely is refused', async (t) => {
  const key = secretKey('a')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const cases: [string, Parameters<typeof createKeyRing>[1], number?][] = [
    ['no key', []],
    ['version 0', [{ version: 0, key }]],
    ['version 256', [{ version: 256, key }]],
    ['a version that is no integer', [{ version: 1.5, key }]],
    // Two entries with one version, however they are ordered.
    ['a version twice', [1, 2, 1].map((version) => ({ version, key: secretKey(`${version}`) }))],
    ['31 bytes', [{ version: 1, key: createSecretKey(bytesOf('short', 31)) }]],
    ['33 bytes', [{ version: 1, key: createSecretKey(bytesOf('long', 33)) }]],
    ['an unknown current', [{ version: 1, key }], 2],
    ['P-384', [{ version: 1, key: newEcKey('P-384') }]],
    ['RSA', [{ version: 1, key: rsa }]],
    ['a public key', [{ version: 1, key: createPublicKey(newEcKey()) }]],
    ['mixed kinds', [newEcKey(), key].map((key, at) => ({ version: at + 1, key }))],
  ]
  for (const [what, entries, current] of cases) {
    t.throws(() => createKeyRing('pepper', entries, current), KeyRingError, what)
  }
})

t.test('P-256 and Ed25519 private keys make a ring', async (t) => {
  const ed25519 = generateKeyPairSync('ed25519').privateKey
  t.equal(createKeyRing('jwt', [{ version: 1, key: newEcKey() }]).current.version, 1)
  t.equal(createKeyRing('log', [{ version: 1, key: ed25519 }]).current.version, 1)
})

t.test('a live ring answers with its new keys at once, and never with those of another ring', async (t) => {
  const live = new LiveKeyRing(symmetricRing('seal', 1))
  const next = symmetricRing('seal', 2)
  live.replace(next)
  t.equal(live.current.version, 2)
  t.equal(live.get(2), next.get(2))
  t.equal(live.all().length, 2)
  t.throws(() => live.replace(symmetricRing('pepper', 3)), KeyRingError)
  t.equal(live.current.version, 2)
})

t.test('a live ring that took the keys of another live ring does not change with it', async (t) => {
  const first = new LiveKeyRing(symmetricRing('seal', 1))
  const second = new LiveKeyRing(symmetricRing('seal', 2))
  first.replace(second)
  second.replace(symmetricRing('seal', 3))
  t.equal(first.current.version, 2)
})

t.test('what was read from files becomes a ring with the version that may write', async (t) => {
  const entries = [1, 2].map((version) => ({ version, key: secretKey(`${version}`), seenAt: 0 }))
  const ring = ringOf({ name: 'pepper', entries, current: 1 })
  t.equal(ring.current.version, 1)
  t.equal(ring.all().length, 2)
})

t.test('printing a ring shows no key', async (t) => {
  const shown = inspect(symmetricRing('pepper'), { depth: 9, showHidden: true })
  const bytes = bytesOf('pepper/1', 32)
  t.notMatch(shown, bytes.toString('hex').slice(0, 8))
  t.notMatch(shown, bytes.toString('base64').slice(0, 8))
})
