// The keys of a ring as read from its folder, and which of them writes. A new key waits out an overlap before it
// writes, so that every process can read what it makes and the JWKS shows it before it signs.

import type { RingKind } from './known-secrets.ts'
import type { RingKeyFile } from './ring-folder.ts'

export interface RingEntry extends Omit<RingKeyFile, 'modifiedAt'> {
  /** Since when this key can have been known: milliseconds since 1970. */
  readonly seenAt: number
}

/** Has the form that `createKeyRing` and `ringOf` of the token package take. */
export interface RingContents {
  readonly name: string
  readonly kind: RingKind
  readonly folder: string
  /** Oldest version first; never empty. */
  readonly entries: readonly RingEntry[]
  /** The version that writes. */
  readonly current: number
}

export interface Overlap {
  /** How long a new key only reads. A good choice: two refresh intervals, and for `jwt` the life of a cached JWKS too. */
  readonly overlapMs: number
  readonly now: Date
}

/** Puts a ring together when a process starts: a key's age is that of its file. */
export function contentsAtStart(
  ring: Pick<RingContents, 'name' | 'kind' | 'folder'>,
  files: readonly RingKeyFile[],
  overlap: Overlap,
): RingContents {
  const entries = files.map(({ version, key, modifiedAt }) => {
    // A file from the future (skewed clocks) is a new one.
    return { version, key, seenAt: Math.min(modifiedAt, overlap.now.getTime()) }
  })
  return { ...ring, entries, current: currentOf(entries, overlap) }
}

/**
 * The highest version that has been known for the overlap. When none has (a folder that was just made or mounted), the
 * last but one: only the newest can be unknown to others.
 */
export function currentOf(entries: readonly RingEntry[], { overlapMs, now }: Overlap): number {
  const known = entries.findLast(({ seenAt }) => now.getTime() - seenAt >= overlapMs)
  const writing = known ?? entries.at(-2) ?? entries.at(-1)
  return writing?.version ?? 0
}
