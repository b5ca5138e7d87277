// Rings of versioned keys: one writes, all read. A ring never holds a short, mixed or public key.
// Keys stay KeyObjects: they do not print themselves, and an HMAC with one is five times faster than with bytes.

import type { KeyObject } from 'node:crypto'

export interface RingKey {
  readonly version: number
  readonly key: KeyObject
}

export interface KeyRing {
  readonly name: string
  /** The key that writes. */
  readonly current: RingKey
  get(version: number): RingKey | undefined
  /** Every live key, oldest version first. */
  all(): readonly RingKey[]
}

/** What a ring is made from; `secrets.ring()` of the config package has this form. */
export interface RingContents {
  readonly name: string
  readonly entries: readonly RingKey[]
  readonly current: number
}

/** A fault in how a ring is put together. The message names ring and version, never a key. */
export class KeyRingError extends Error {
  override readonly name = 'KeyRingError'
}

/**
 * Puts keys into a ring. `current` is the highest version unless told.
 * @throws KeyRingError no key, a version outside 1..255 or given twice, a symmetric key that is not 32 bytes,
 * a private key that is neither P-256 nor Ed25519, keys of different kinds, an unknown `current`
 */
export function createKeyRing(name: string, entries: readonly RingKey[], current?: number): KeyRing {
  const sorted = [...entries].sort((a, b) => a.version - b.version)
  const byVersion: (RingKey | undefined)[] = []
  for (const { version, key } of sorted) {
    if (!Number.isInteger(version) || version < 1 || version > 255) {
      throw new KeyRingError(`Ring ${name}: a version is an integer from 1 to 255.`)
    }
    if (byVersion[version] !== undefined) throw new KeyRingError(`Ring ${name}: v${version} is there twice.`)
    checkKey(`${name}/v${version}`, key)
    byVersion[version] = Object.freeze({ version, key })
  }
  const all = Object.freeze(byVersion.filter((entry) => entry !== undefined))
  if (new Set(all.map(({ key }) => kindOf(key))).size > 1) {
    throw new KeyRingError(`Ring ${name}: its keys are of different kinds.`)
  }
  const writing = current === undefined ? all.at(-1) : byVersion[current]
  if (writing === undefined) throw new KeyRingError(`Ring ${name}: there is no key to write with.`)
  return Object.freeze({
    name,
    current: writing,
    get: (version: number) => byVersion[version],
    all: () => all,
  })
}

/** A ring whose keys can be replaced while the process runs. Hold this one; do not keep what `current` answered. */
export class LiveKeyRing implements KeyRing {
  readonly name: string
  #ring: KeyRing

  constructor(ring: KeyRing) {
    this.name = ring.name
    this.#ring = ring
  }

  get current(): RingKey {
    return this.#ring.current
  }

  get(version: number): RingKey | undefined {
    return this.#ring.get(version)
  }

  all(): readonly RingKey[] {
    return this.#ring.all()
  }

  /** Takes the keys of `next`; throws KeyRingError when that is a ring of another name. */
  replace(next: KeyRing): void {
    if (next.name !== this.name) throw new KeyRingError(`Ring ${next.name} cannot take ${this.name}'s place.`)
    // Another live ring is not kept: this one would change with it.
    this.#ring = next instanceof LiveKeyRing ? next.#ring : next
  }
}

/** The ring of what was read from files; the other half of `secrets.ring()`. */
export function ringOf(contents: RingContents): KeyRing {
  return createKeyRing(contents.name, contents.entries, contents.current)
}

function kindOf(key: KeyObject): string {
  return key.asymmetricKeyType ?? 'symmetric'
}

function checkKey(which: string, key: KeyObject): void {
  if (key.type === 'secret') {
    if (key.symmetricKeySize !== 32) throw new KeyRingError(`Key ${which}: it does not have 32 bytes.`)
    return
  }
  const isP256 = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  if (key.type !== 'private' || !(isP256 || key.asymmetricKeyType === 'ed25519')) {
    throw new KeyRingError(`Key ${which}: neither a P-256 nor an Ed25519 private key.`)
  }
}
