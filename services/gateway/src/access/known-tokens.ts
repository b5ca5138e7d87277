// Access tokens that are known to be ours, by their digest, until their time is over: whoever signed one knows what it says,
// and one from elsewhere is checked once. A key that leaves the ring takes all of it with it. Whether the session still stands
// is not told here.

import { hash } from 'node:crypto'
import { BoundedCache } from '@postern/service-kit/auth/bounded-cache'
import type { Clock } from '@postern/service-kit/clock'
import {
  ACCESS_SECONDS,
  type AccessClaims,
  type ReadAccess,
  type ReadAccessClaims,
  signAccessToken,
  verifyAccessToken,
} from '@postern/token/access-token'
import type { KeyRing, RingKey } from '@postern/token/key-ring'

export interface KnownTokensOptions {
  /** Its current key signs; every key of it counts, as the JWKS shows them. */
  ring: KeyRing
  issuer: string
  clock: Clock
}

const MAX = 50_000

export class KnownTokens {
  readonly #options: KnownTokensOptions
  readonly #claims = new BoundedCache<ReadAccessClaims>(MAX, ACCESS_SECONDS * 1_000)
  #keys: readonly RingKey[]

  constructor(options: KnownTokensOptions) {
    this.#options = options
    this.#keys = options.ring.all()
  }

  /** Signs a token, good for `ACCESS_SECONDS` from now on; this process needs no check to know it again. @throws SigningKeyError */
  async sign(claims: Omit<AccessClaims, 'iss'>): Promise<string> {
    const { ring, issuer, clock } = this.#options
    const keys = this.#freshKeys()
    const now = clock.now().getTime()
    const signed = await signAccessToken(ring, { ...claims, iss: issuer }, now / 1_000)
    if (keys === this.#freshKeys()) this.#claims.set(digestOf(signed.token), signed.claims, now)
    return signed.token
  }

  /** Reads a token of ours; null for any other. Its audience is not compared: the caller does, with what the tenant has now. */
  read(token: string): ReadAccess | null | Promise<ReadAccess | null> {
    this.#freshKeys()
    const digest = digestOf(token)
    const now = this.#options.clock.now()
    const claims = this.#claims.get(digest, now.getTime())
    if (claims === undefined) return this.#verify(token, digest, now)
    return { claims, isExpired: claims.exp * 1_000 <= now.getTime() }
  }

  async #verify(token: string, digest: string, now: Date): Promise<ReadAccess | null> {
    const { ring, issuer } = this.#options
    const keys = this.#keys
    const read = await verifyAccessToken(ring, token, { issuer, audience: null, now })
    if (read !== null && !read.isExpired && keys === this.#freshKeys())
      this.#claims.set(digest, read.claims, now.getTime())
    return read
  }

  /** The ring's keys as they are. When they have changed, what was known by the old ones is forgotten. */
  #freshKeys(): readonly RingKey[] {
    const keys = this.#options.ring.all()
    if (keys !== this.#keys) {
      this.#keys = keys
      this.#claims.clear()
    }
    return keys
  }
}

const digestOf = (token: string) => hash('sha256', token, 'base64url')
