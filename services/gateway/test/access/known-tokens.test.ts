// Access tokens that are known to be ours: what this process signed it knows as any other would read it, and no longer than
// its key counts.

import { manualClock } from '@postern/testkit/manual-clock'
import { createKeyRing, LiveKeyRing } from '@postern/token/key-ring'
import t from 'tap'
import { KnownTokens } from '../../src/access/known-tokens.ts'
import { newSigningKey } from './new-signing-key.ts'

const ISSUER = 'https://sign-in.example.org'
const LIFE_MS = 600_000
const claims = {
  aud: 'urn:postern:tenant:t',
  sub: 'a user',
  sid: 'a session',
  tid: 'a tenant',
  amr: ['otp', 'totp'],
  acr: 'urn:postern:acr:2',
  jti: 'a token',
}

const [first, second] = [newSigningKey(1), newSigningKey(2)]

function desk() {
  const ring = new LiveKeyRing(createKeyRing('jwt', [first]))
  const clock = manualClock('2026-11-21T12:00:00.400Z')
  const open = () => new KnownTokens({ ring, issuer: ISSUER, clock })
  return { ring, clock, open, tokens: open() }
}

t.test('who signed a token knows it at once, and as every other process reads it', async (t) => {
  const { tokens, open } = desk()
  const token = await tokens.sign(claims)
  const known = tokens.read(token)
  t.notOk(known instanceof Promise, 'no signature is checked')
  t.same(known, await open().read(token))
  t.match(known, { isExpired: false, claims: { ...claims, iss: ISSUER } })
})

t.test('one from elsewhere is checked once, and one that is not ours is not known', async (t) => {
  const { tokens, open } = desk()
  const token = await open().sign(claims)
  const [head, , signature] = token.split('.')
  const forged = Buffer.from(JSON.stringify({ ...claims, iss: ISSUER, iat: 1, exp: 9e9 })).toString(
    'base64url',
  )
  for (const text of [`${head}.${forged}.${signature}`, `${token}A`, token.toUpperCase()])
    t.equal(await tokens.read(text), null)
  t.ok(tokens.read(token) instanceof Promise)
  await tokens.read(token)
  t.notOk(tokens.read(token) instanceof Promise)
})

t.test('a token is over in the second that its claims name, also where it is known', async (t) => {
  const { tokens, clock, open } = desk()
  const token = await tokens.sign(claims)
  // Signed at .400, its time is over before the memory's: instants in a token are whole seconds.
  clock.advance(LIFE_MS - 401)
  t.match(tokens.read(token), { isExpired: false })
  clock.advance(1)
  const known = tokens.read(token)
  t.notOk(known instanceof Promise, 'told from memory')
  t.match(known, { isExpired: true })
  t.match(await open().read(token), { isExpired: true })
  clock.advance(1_000)
  t.match(await tokens.read(token), { isExpired: true }, 'also when the memory’s time is over')
})

t.test(
  'a key that leaves the ring takes with it what it signed, also what is signed or checked just now',
  async (t) => {
    const { tokens, ring, open } = desk()
    const [known, foreign] = [await tokens.sign(claims), await open().sign(claims)]
    const [signing, reading] = [tokens.sign(claims), tokens.read(foreign)]
    // Both have taken their key, and wait for the thread that works with it.
    for (let turn = 0; turn < 100; turn++) await null
    ring.replace(createKeyRing('jwt', [second]))
    // Read first: once the new keys have been seen, nothing else would forget what the old one answers for.
    t.equal(await tokens.read(known), null)
    t.ok(await reading, 'it was good when it was asked about')
    t.equal(await tokens.read(foreign), null)
    t.equal(await tokens.read(await signing), null)
    t.notOk(tokens.read(await tokens.sign(claims)) instanceof Promise, 'the new key’s are known')
  },
)
