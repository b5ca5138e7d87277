// Time as an argument. Expiry is decided by the database; this clock is for timestamps, caches and waiting.

export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }
