// Where a page of deliveries ended: the id of the last one that was looked at. It need not exist any more: the next page
// goes on behind this place, whatever is written, moved or removed meanwhile.

const LENGTH = 22

/** 16 bytes: 22 characters of base64url. */
export const writeCursor = (id: string): string =>
  Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')

/** The id that a cursor of ours names; null for any other text. */
export function readCursor(text: string): string | null {
  if (text.length !== LENGTH || !/^[A-Za-z0-9_-]+$/.test(text)) return null
  const hex = Buffer.from(text, 'base64url').toString('hex')
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return writeCursor(id) === text ? id : null
}

const SKEW_MS = 3_600_000

/** An id that is before those of all deliveries made from this instant on, however wrong the clock of who made them. */
export const idBefore = (since: Date): string => firstIdOf(since.getTime() - SKEW_MS)

/** An id that is behind those of all deliveries made before this instant, likewise. */
export const idBehind = (until: Date): string => firstIdOf(until.getTime() + SKEW_MS)

/** The first UUID of version 7 of a millisecond, but for its version. */
function firstIdOf(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, '0').slice(-12)
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}
