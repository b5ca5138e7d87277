// The published keys: those of the ring, their public half alone, under the name that tokens carry.

import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import t from 'tap'
import { keyByKid, publicJwks, SigningKeyError, signingKey } from '../src/jwks.ts'
import { createKeyRing } from '../src/key-ring.ts'
import { newEcKey, symmetricRing } from './rings.ts'

// The P-256 key of RFC 7517, appendix A.2.
const RFC_KEY = createPrivateKey({
  format: 'jwk',
  key: {
    kty: 'EC',
    crv: 'P-256',
    x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
    y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
    d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE',
  },
})

const entries = [newEcKey(), RFC_KEY].map((key, at) => ({ version: at + 1, key }))
const ring = createKeyRing('jwt', entries, 1)

t.test('the set shows every live key, also one that does not sign yet, and nothing private', async (t) => {
  const { keys } = await publicJwks(ring)
  t.equal(keys.length, 2)
  for (const key of keys) {
    t.same(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
    t.match(key, { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' })
  }
  t.equal(keys[0]?.kid, (await signingKey(ring.current)).kid)
  t.notMatch(JSON.stringify(keys), /870MB6gf/)
})

t.test('kid is the thumbprint of RFC 7638: SHA-256 over the required members in their order', async (t) => {
  const members =
    '{"crv":"P-256","kty":"EC","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",' +
    '"y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}'
  const expected = createHash('sha256').update(members).digest('base64url')
  t.equal((await signingKey({ version: 2, key: RFC_KEY })).kid, expected)
  // The thumbprint that others publish for this key.
  t.equal(expected, 'cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s')
})

t.test('the published key checks what the private key signed', async (t) => {
  const { privateKey, jwk } = await signingKey(ring.current)
  const signature = sign('sha256', Buffer.from('x'), privateKey)
  t.ok(verify('sha256', Buffer.from('x'), createPublicKey({ key: { ...jwk }, format: 'jwk' }), signature))
})

t.test('a key is found by its kid only while the ring holds it', async (t) => {
  const { kid } = await signingKey({ version: 2, key: RFC_KEY })
  t.equal((await keyByKid(ring, kid))?.privateKey, RFC_KEY)
  t.equal(await keyByKid(createKeyRing('jwt', entries.slice(0, 1)), kid), undefined)
  t.equal(await keyByKid(ring, ''), undefined)
})

t.test('a ring of another kind is not published', async (t) => {
  await t.rejects(publicJwks(symmetricRing('jwt')), new SigningKeyError())
})
