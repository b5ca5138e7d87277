// Ids of deliveries are UUIDs of version 7, so the index that they are read along knows when each was made.

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
