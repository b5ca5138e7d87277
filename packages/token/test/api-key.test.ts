// API keys: one spelling each, and only a digest of what was shown.

import { randomBytes } from 'node:crypto'
import t from 'tap'
import { mintApiKey, parseApiKey } from '../src/api-key.ts'
import { sha256 } from '../src/digest.ts'
import { bytesOf } from './rings.ts'

const minted = mintApiKey((size) => bytesOf(`key/${size}`, size))

t.test('a key has the promised form and is found by prefix and digest', async (t) => {
  t.match(minted.key, /^pk_[0-9A-Za-z]{12}_[0-9A-Za-z_-]{43}$/)
  t.same(parseApiKey(minted.key), { prefix: minted.prefix, digest: minted.digest })
  t.same(minted.digest, sha256(minted.key))
  t.equal(minted.key.slice(3, 15), minted.prefix)
})

t.test('a thousand keys are a thousand different keys and prefixes, all of one form', async (t) => {
  const keys = Array.from({ length: 1000 }, () => mintApiKey(randomBytes))
  t.equal(new Set(keys.map(({ prefix }) => prefix)).size, 1000)
  t.equal(new Set(keys.map(({ digest }) => digest.toString('hex'))).size, 1000)
  t.ok(keys.every(({ key, prefix }) => parseApiKey(key)?.prefix === prefix))
})

t.test('a source that answers only zeros or ones ends, and still gives the form', async (t) => {
  for (const byte of [0, 255]) {
    t.ok(parseApiKey(mintApiKey((size) => Buffer.alloc(size, byte)).key))
  }
})

t.test('every character belongs to the key: one changed gives another digest or no key', async (t) => {
  for (let at = 0; at < minted.key.length; at++) {
    const other = minted.key[at] === 'Q' ? 'g' : 'Q'
    const parsed = parseApiKey(minted.key.slice(0, at) + other + minted.key.slice(at + 1))
    t.notOk(parsed?.digest.equals(minted.digest))
  }
})

t.test('text of another form is no key', async (t) => {
  const { key } = minted
  const bad = [
    '',
    'pk_',
    key.slice(0, -1),
    `${key}A`,
    ` ${key}`,
    `${key}\n`,
    `sk${key.slice(2)}`,
    key.toUpperCase(),
  ]
  for (const text of [...bad, key.replace('_', '-'), `${key.slice(0, -1)}B`, `Bearer ${key}`]) {
    t.equal(parseApiKey(text), null, JSON.stringify(text))
  }
})
