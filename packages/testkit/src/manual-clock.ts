// A clock that moves only when a test says so; fits service-kit's `Clock`.

export interface ManualClock {
  /** A fresh Date each time, so that a caller cannot move the clock by changing its answer. */
  now(): Date
  /** Moves the clock forwards, or backwards when negative, by milliseconds. */
  advance(ms: number): void
  set(instant: Date | string): void
}

/** A clock that stands at `start` (a Date or an RFC 3339 text) until it is moved. */
export function manualClock(start: Date | string = '2026-11-20T12:00:00.000Z'): ManualClock {
  let instant = new Date(start).getTime()
  return {
    now: () => new Date(instant),
    advance: (ms) => {
      instant += ms
    },
    set: (next) => {
      instant = new Date(next).getTime()
    },
  }
}
