// The public half of a signing ring, as a JWK set (RFC 7517). Every live key is in it, also one that does not sign yet:
// verifiers must know a key before they meet it.

import { createPublicKey, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose'
import type { KeyRing, RingKey } from './key-ring.ts'

export interface PublicJwk {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  readonly kid: string
  readonly alg: 'ES256'
  readonly use: 'sig'
}

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly jwk: PublicJwk
}

export class SigningKeyError extends Error {
  override readonly name = 'SigningKeyError'
  constructor() {
    super('A key that signs access tokens must be a P-256 private key.')
  }
}

/** The JWK set to publish. @throws SigningKeyError when the ring does not hold P-256 keys */
export async function publicJwks(ring: KeyRing): Promise<{ keys: PublicJwk[] }> {
  const keys = await Promise.all(ring.all().map(signingKey))
  return { keys: keys.map(({ jwk }) => jwk) }
}

/** The ring's key with this `kid`; undefined when there is none. Only the ring is asked, never the network. */
export async function keyByKid(ring: KeyRing, kid: string): Promise<SigningKey | undefined> {
  for (const key of await Promise.all(ring.all().map(signingKey))) {
    if (key.kid === kid) return key
  }
  return undefined
}

// Keyed by the key itself: what a ring drops is forgotten with it.
const known = new WeakMap<KeyObject, Promise<SigningKey>>()

/** A ring's key with its public half and its `kid`, the SHA-256 thumbprint of RFC 7638. */
export function signingKey({ key }: RingKey): Promise<SigningKey> {
  const before = known.get(key)
  if (before !== undefined) return before
  const made = describe(key)
  known.set(key, made)
  return made
}

async function describe(privateKey: KeyObject): Promise<SigningKey> {
  if (privateKey.type !== 'private' || privateKey.asymmetricKeyType !== 'ec') throw new SigningKeyError()
  const publicKey = createPublicKey(privateKey)
  const { kty, crv, x, y }: JWK = await exportJWK(publicKey)
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined) throw new SigningKeyError()
  const kid = await calculateJwkThumbprint({ kty, crv, x, y }, 'sha256')
  const jwk: PublicJwk = { kty: 'EC', crv, x, y, kid, alg: 'ES256', use: 'sig' }
  return { kid, privateKey, publicKey, jwk }
}
