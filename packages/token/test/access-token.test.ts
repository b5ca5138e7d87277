// Access tokens: signed as they are read, and nothing else is taken: not another algorithm, key, type, issuer or audience.

import { createHmac, createPublicKey, type KeyObject, sign } from 'node:crypto'
import dns from 'node:dns'
import net from 'node:net'
import t from 'tap'
import {
  type AccessClaims,
  type ExpectedToken,
  verifyAccessToken as readToken,
  signAccessToken,
} from '../src/access-token.ts'
import { signingKey } from '../src/jwks.ts'
import { createKeyRing, type KeyRing, LiveKeyRing } from '../src/key-ring.ts'
import { CHALLENGE, newEcKey, TENANT } from './rings.ts'

const NOW = 1_795_000_000
const ISSUER = 'https://sign-in.example.org'
const AUDIENCE = `urn:postern:tenant:${TENANT}`
const expected = { issuer: ISSUER, audience: AUDIENCE, now: new Date(NOW * 1000) }
const claims: AccessClaims = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: CHALLENGE,
  sid: CHALLENGE,
  tid: TENANT,
  amr: ['email'],
  acr: 'urn:postern:acr:1',
  jti: CHALLENGE,
}
const full = { ...claims, iat: NOW, exp: NOW + 600 }

const keys = [newEcKey(), newEcKey()]
const ring = createKeyRing(
  'jwt',
  keys.map((key, at) => ({ version: at + 1, key })),
)
const { kid, jwk } = await signingKey(ring.current)
const header = { alg: 'ES256', typ: 'at+jwt', kid }

/** The claims of a token that lives. */
async function verifyAccessToken(keys: KeyRing, token: string, of: ExpectedToken) {
  const read = await readToken(keys, token, of)
  return read && !read.isExpired ? read.claims : null
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (text = ''): unknown => JSON.parse(Buffer.from(text, 'base64url').toString())
const es256 = (key: KeyObject) => (input: string) =>
  sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
const ours = es256(ring.current.key)

/** A token of any shape, signed with our writing key unless told. */
function forge(head: unknown, body: unknown, signer: (input: string) => string = ours): string {
  const input = `${encode(head)}.${encode(body)}`
  return `${input}.${signer(input)}`
}

t.test('a signed token has the promised header and claims, and is read again', async (t) => {
  const { token } = await signAccessToken(ring, claims, NOW)
  const [head, body] = token.split('.')
  t.strictSame(decode(head), header)
  t.same(decode(body), full)
  t.same(await verifyAccessToken(ring, token, expected), full)
})

t.test(
  'a token made by hand from the same parts is read: the refusals below are due to their fault',
  async (t) => {
    t.same(await verifyAccessToken(ring, forge(header, full), expected), full)
  },
)

t.test('only the named claims end in a token', async (t) => {
  const more = { ...claims, email: 'ada@example.org', iat: 1, exp: 9e9 }
  const { token } = await signAccessToken(ring, more, NOW + 0.9, 60)
  t.same(decode(token.split('.')[1]), { ...claims, iat: NOW, exp: NOW + 60 })
})

t.test('a token lives until the second it expires, and not longer', async (t) => {
  const { token } = await signAccessToken(ring, claims, NOW)
  const at = (seconds: number) =>
    verifyAccessToken(ring, token, { ...expected, now: new Date(seconds * 1000) })
  t.ok(await at(NOW + 599))
  t.equal(await at(NOW + 600), null)
  t.equal(await at(NOW + 1e6), null)
})

t.test('a token whose time is over is told from a forged one', async (t) => {
  const { token } = await signAccessToken(ring, claims, NOW)
  const late = { ...expected, now: new Date((NOW + 600) * 1000) }
  t.same(await readToken(ring, token, late), { claims: full, isExpired: true })
  for (const wrong of [{ issuer: 'https://other.example' }, { audience: 'urn:postern:tenant:other' }]) {
    t.equal(await readToken(ring, token, { ...late, ...wrong }), null)
  }
  t.equal(await readToken(ring, forge(header, full, es256(stranger)), late), null)
  t.equal(await readToken(ring, forge(header, without('sid')), late), null)
})

t.test('where no audience is expected its claim is told, and has to be there', async (t) => {
  const anyone = { ...expected, audience: null }
  t.match(await readToken(ring, (await signAccessToken(ring, claims, NOW)).token, anyone), {
    claims: { aud: AUDIENCE },
  })
  t.equal(await readToken(ring, forge(header, without('aud')), anyone), null)
  t.equal(await readToken(ring, forge(header, { ...full, aud: [AUDIENCE, 'other'] }), anyone), null)
})

t.test('after a rotation old tokens read on; once their key is gone they are refused', async (t) => {
  const live = new LiveKeyRing(createKeyRing('jwt', ring.all().slice(0, 1)))
  const { token: old } = await signAccessToken(live, claims, NOW)
  live.replace(ring)
  t.ok(await verifyAccessToken(live, old, expected))
  const { token: young } = await signAccessToken(live, claims, NOW)
  t.match(decode(young.split('.')[0]), { kid })
  live.replace(createKeyRing('jwt', ring.all().slice(1)))
  t.equal(await verifyAccessToken(live, old, expected), null)
  t.ok(await verifyAccessToken(live, young, expected))
})

const pem = createPublicKey(ring.current.key).export({ type: 'spki', format: 'pem' })
const der = createPublicKey(ring.current.key).export({ type: 'spki', format: 'der' })
const hs256 = (key: string | Buffer) => (input: string) =>
  createHmac('sha256', key).update(input).digest('base64url')
const stranger = newEcKey()
const { kid: strangerKid, jwk: strangerJwk } = await signingKey({ version: 1, key: stranger })
const without = (name: keyof typeof full) => {
  const { [name]: _, ...rest } = full
  return rest
}

const attacks: Record<string, string> = {
  'alg none without signature': forge({ ...header, alg: 'none' }, full, () => ''),
  'alg None': forge({ ...header, alg: 'None' }, full, () => ''),
  'alg none with a genuine signature': forge({ ...header, alg: 'none' }, full),
  'no signature': forge(header, full, () => ''),
  'HS256 with the public key in PEM': forge({ ...header, alg: 'HS256' }, full, hs256(pem.toString())),
  'HS256 with the public key in DER': forge({ ...header, alg: 'HS256' }, full, hs256(der)),
  'HS256 with the public JWK': forge({ ...header, alg: 'HS256' }, full, hs256(JSON.stringify(jwk))),
  'ES384 named, ES256 signed': forge({ ...header, alg: 'ES384' }, full),
  'no alg': forge({ typ: 'at+jwt', kid }, full),
  'a foreign key under our kid': forge(header, full, es256(stranger)),
  'our other key under this kid': forge(header, full, es256(keys[0] ?? stranger)),
  'a foreign kid': forge({ ...header, kid: strangerKid }, full, es256(stranger)),
  'no kid': forge({ alg: 'ES256', typ: 'at+jwt' }, full),
  'a kid that is a path': forge({ ...header, kid: '../../dev/null' }, full),
  'a kid that is no text': forge({ ...header, kid: [kid] }, full),
  'jku to a foreign set': forge({ ...header, jku: 'http://127.0.0.1:9/jwks.json' }, full, es256(stranger)),
  'jku beside a genuine signature': forge({ ...header, jku: 'http://127.0.0.1:9/jwks.json' }, full),
  'an embedded jwk': forge({ ...header, jwk: strangerJwk }, full, es256(stranger)),
  'an embedded jwk under a foreign kid': forge(
    { ...header, kid: strangerKid, jwk: strangerJwk },
    full,
    es256(stranger),
  ),
  x5u: forge({ ...header, x5u: 'http://127.0.0.1:9/cert.pem' }, full),
  crit: forge({ ...header, crit: ['exp'], exp: 1 }, full),
  'b64 false': forge({ ...header, b64: false, crit: ['b64'] }, full),
  'typ JWT': forge({ ...header, typ: 'JWT' }, full),
  'typ in its long form': forge({ ...header, typ: 'application/at+jwt' }, full),
  'typ in capitals': forge({ ...header, typ: 'AT+JWT' }, full),
  'no typ': forge({ alg: 'ES256', kid }, full),
  "another tenant's audience": forge(header, { ...full, aud: 'urn:postern:tenant:other' }),
  'a list of audiences with ours in it': forge(header, { ...full, aud: [AUDIENCE, 'other'] }),
  'no audience': forge(header, without('aud')),
  'another issuer': forge(header, { ...full, iss: 'https://evil.example' }),
  'an issuer that begins like ours': forge(header, { ...full, iss: `${ISSUER}.evil` }),
  'no issuer': forge(header, without('iss')),
  'no exp': forge(header, without('exp')),
  'exp as text': forge(header, { ...full, exp: String(NOW + 600) }),
  'exp null': forge(header, { ...full, exp: null }),
  expired: forge(header, { ...full, exp: NOW }),
  'not yet valid': forge(header, { ...full, nbf: NOW + 60 }),
  'no iat': forge(header, without('iat')),
  'iat as text': forge(header, { ...full, iat: 'now' }),
  'no sub': forge(header, without('sub')),
  'no sid': forge(header, without('sid')),
  'no tid': forge(header, without('tid')),
  'no jti': forge(header, without('jti')),
  'no acr': forge(header, without('acr')),
  'no amr': forge(header, without('amr')),
  'amr that is text': forge(header, { ...full, amr: 'email' }),
  'sub that is a list': forge(header, { ...full, sub: [CHALLENGE] }),
  'a body that is a list': forge(header, [full]),
  'a body that is no JSON': ((input) => `${input}.${ours(input)}`)(`${encode(header)}.e30x`),
  'a header that is no object': forge(null, full),
  'over 4,096 characters': forge(header, { ...full, pad: 'x'.repeat(4096) }),
  nothing: '',
  dots: '..',
  'JSON serialisation': JSON.stringify({ payload: encode(full), protected: encode(header), signature: 'AA' }),
}

t.test('every known forgery is refused, and nobody is called for a key', async (t) => {
  const calls: string[] = []
  const call = (name: string) => () => {
    calls.push(name)
    throw new Error('no outbound call is allowed here')
  }
  const { fetch } = globalThis
  const { connect } = net.Socket.prototype
  const { lookup } = dns
  t.teardown(() => {
    globalThis.fetch = fetch
    net.Socket.prototype.connect = connect
    dns.lookup = lookup
  })
  globalThis.fetch = call('fetch')
  net.Socket.prototype.connect = call('connect')
  dns.lookup = Object.assign(call('lookup'), { __promisify__: lookup.__promisify__ })
  for (const [name, token] of Object.entries(attacks)) {
    t.equal(await verifyAccessToken(ring, token, expected), null, name)
  }
  t.same(calls, [])
})

t.test('a token with any character changed, cut or extended is refused', async (t) => {
  const { token } = await signAccessToken(ring, claims, NOW)
  for (let at = 0; at < token.length; at++) {
    const other = token[at] === 'A' ? 'B' : 'A'
    const changed = token.slice(0, at) + other + token.slice(at + 1)
    if ((await verifyAccessToken(ring, changed, expected)) !== null) t.fail(`changed at ${at}`)
  }
  for (const text of [token.slice(0, -1), `${token}A`, `${token}=`, `${token}.`, ` ${token}`, `${token}\n`]) {
    t.equal(await verifyAccessToken(ring, text, expected), null)
  }
})

t.test('spare bits and padding cannot give a token a second text', async (t) => {
  const { token } = await signAccessToken(ring, claims, NOW)
  const signature = Buffer.from(token.split('.')[2] ?? '', 'base64url')
  let spellings = 0
  for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
    const other = token.slice(0, -1) + last
    if (other === token || !Buffer.from(other.split('.')[2] ?? '', 'base64url').equals(signature)) continue
    spellings++
    t.equal(await verifyAccessToken(ring, other, expected), null)
  }
  t.equal(spellings, 15)
})
