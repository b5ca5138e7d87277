// Notices a connection that fell silent: a network that swallows packets sends neither an end nor an error, and TCP alone
// takes many minutes to give up. (ioredis' own `socketTimeout` outlives its connection and kills the next one.)

import type { Redis } from 'ioredis'

const BEAT_MS = 1_500

/** Two beats without an answer, so that a process whose own event loop was blocked does not blame the network. */
const MISSED_BEATS = 2

/** Asks `client` for a sign of life now and then, until it ends, and makes it connect anew when none comes. */
export function watchPulse(client: Redis): void {
  let missed = 0
  let asked = false
  const beat = () => {
    if (client.status !== 'ready') {
      asked = false
      missed = 0
    } else if (!asked) {
      ask()
    } else {
      missed += 1
      if (missed >= MISSED_BEATS) client.disconnect(true)
    }
  }
  const ask = () => {
    asked = true
    const answered = () => {
      asked = false
      missed = 0
    }
    // An error is an answer too, or the connection has ended and is being replaced.
    client.ping().then(answered, answered)
  }
  const timer = setInterval(beat, BEAT_MS).unref()
  client.once('end', () => clearInterval(timer))
}
