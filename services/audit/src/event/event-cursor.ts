// Where a page ended. The place is a time and an id, not a count of rows and not a row that must still exist: whatever is
// written or removed meanwhile, the next page goes on behind exactly this place.

/** A place in the trail, which is ordered by both. */
export interface TrailPlace {
  /** microseconds since 1970 in UTC, as exact as the database keeps them */
  occurredMicros: bigint
  /** UUID of the event that was there */
  id: string
}

const FARTHEST = BigInt(Number.MAX_SAFE_INTEGER)

/** 8 bytes of time and 16 of id: 32 characters of base64url, with no bits to spare. */
export function writeCursor({ occurredMicros, id }: TrailPlace): string {
  const bytes = Buffer.alloc(24)
  bytes.writeBigInt64BE(occurredMicros)
  bytes.write(id.replaceAll('-', ''), 8, 'hex')
  return bytes.toString('base64url')
}

/** The place that a cursor of ours names; null for any other text. */
export function readCursor(text: string): TrailPlace | null {
  if (!/^[A-Za-z0-9_-]{32}$/.test(text)) return null
  const bytes = Buffer.from(text, 'base64url')
  const occurredMicros = bytes.readBigInt64BE()
  if (occurredMicros > FARTHEST || occurredMicros < -FARTHEST) return null
  const hex = bytes.toString('hex', 8)
  return { occurredMicros, id: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') }
}
