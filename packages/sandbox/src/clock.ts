// Time as an argument: nothing below `main` asks the machine what time it is.

export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }
