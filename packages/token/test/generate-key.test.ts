// Keys that are made can be used: each kind is read back as what it is.

import { createPrivateKey, createSecretKey, randomBytes } from 'node:crypto'
import t from 'tap'
import { generateKey } from '../src/generate-key.ts'
import { createKeyRing } from '../src/key-ring.ts'
import { bytesOf } from './rings.ts'

t.test('a symmetric key is the base64 of 32 bytes from the given source', async (t) => {
  const text = generateKey('symmetric', (size) => bytesOf('source', size))
  t.equal(text, `${bytesOf('source', 32).toString('base64')}\n`)
  const key = createSecretKey(Buffer.from(text, 'base64'))
  t.ok(createKeyRing('pepper', [{ version: 1, key }]))
})

t.test('a key pair is PKCS#8 in PEM and makes a ring', async (t) => {
  for (const kind of ['ec', 'ed25519'] as const) {
    const text = generateKey(kind, randomBytes)
    t.match(text, /^-----BEGIN PRIVATE KEY-----\n[\s\S]+\n-----END PRIVATE KEY-----\n$/)
    const key = createPrivateKey(text)
    t.equal(key.asymmetricKeyType, kind)
    t.ok(createKeyRing('jwt', [{ version: 1, key }]))
    t.not(generateKey(kind, randomBytes), text)
  }
})
