// Access tokens of any shape, signed with the gateway's own key unless told: what an attacker could try, and what only the
// house itself could make.

import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { signingKey } from '@postern/token/jwks'
import { claimsOf } from '../session/signed-in.ts'
import type { Gateway } from '../setup.ts'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

export const es256 = (key: KeyObject) => (input: string) =>
  sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
const hs256 = (key: string) => (input: string) => createHmac('sha256', key).update(input).digest('base64url')

type Signer = (input: string) => string

export function forge(head: object, body: object, signer: Signer): string {
  const input = `${encode(head)}.${encode(body)}`
  return `${input}.${signer(input)}`
}

/** Makes variants of a genuine token: other claims under the genuine key, or whatever an attacker would do. */
export async function forgery(gateway: Gateway, genuine: string) {
  const { kid, privateKey } = await signingKey(gateway.context.jwt.current)
  const header = { alg: 'ES256', typ: 'at+jwt', kid }
  const claims = claimsOf(genuine)
  const ours = es256(privateKey)
  const withClaims = (change: Record<string, unknown>) => forge(header, { ...claims, ...change }, ours)
  return { header, claims, ours, withClaims, attacks: attacksOn(header, claims, privateKey) }
}

function attacksOn(header: { kid: string }, claims: Record<string, unknown>, key: KeyObject) {
  const ours = es256(key)
  const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
  const stranger = es256(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
  const { exp: _, ...endless } = claims
  const jku = 'http://127.0.0.1:9/jwks.json'
  return {
    'alg none': forge({ ...header, alg: 'none' }, claims, () => ''),
    'HS256 with the public key': forge({ ...header, alg: 'HS256' }, claims, hs256(pem)),
    'a foreign key under our kid': forge(header, claims, stranger),
    'a foreign kid': forge({ ...header, kid: 'x'.repeat(43) }, claims, stranger),
    'jku to a foreign set': forge({ ...header, jku }, claims, stranger),
    'jku beside a genuine signature': forge({ ...header, jku }, claims, ours),
    'another typ': forge({ ...header, typ: 'JWT' }, claims, ours),
    'another audience': forge(header, { ...claims, aud: 'urn:postern:tenant:other' }, ours),
    'another issuer': forge(header, { ...claims, iss: 'https://evil.example' }, ours),
    'no exp': forge(header, endless, ours),
  }
}
