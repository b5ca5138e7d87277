// Access tokens whose signature was checked: each is checked once, and remembered by its digest until its time is over.
// A key that leaves the ring takes all of it with it. Whether the session still stands is not told here.

import { hash } from 'node:crypto'
import { BoundedCache } from '@postern/service-kit/auth/bounded-cache'
import type { Clock } from '@postern/service-kit/clock'
import {
  ACCESS_SECONDS,
  type ReadAccess,
  type ReadAccessClaims,
  verifyAccessToken,
} from '@postern/token/access-token'
import type { KeyRing, RingKey } from '@postern/token/key-ring'

export interface KnownTokensOptions {
  /** Every key of it counts, as the JWKS shows them. */
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

  /** Reads a token of ours; null for any other. Its audience is not compared: the caller does, with what the tenant has now. */
  read(token: string): ReadAccess | null | Promise<ReadAccess | null> {
    const { ring, clock } = this.#options
    if (ring.all() !== this.#keys) {
      this.#keys = ring.all()
      this.#claims.clear()
    }
    const digest = hash('sha256', token, 'base64url')
    const now = clock.now()
    const claims = this.#claims.get(digest, now.getTime())
    if (claims === undefined) return this.#verify(token, digest, now)
    return { claims, isExpired: claims.exp * 1_000 <= now.getTime() }
  }

  async #verify(token: string, digest: string, now: Date): Promise<ReadAccess | null> {
    const { ring, issuer } = this.#options
    const keys = this.#keys
    const read = await verifyAccessToken(ring, token, { issuer, audience: null, now })
    if (read !== null && !read.isExpired && keys === this.#keys)
      this.#claims.set(digest, read.claims, now.getTime())
    return read
  }
}
