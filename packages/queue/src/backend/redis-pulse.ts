// Notices a connection that fell silent: a network that swallows packets sends neither an end nor an error, and TCP alone
// takes many minutes to give up. (ioredis' own `socketTimeout` outlives its connection and kills the next one.)

import type { Redis } from 'ioredis'
import { failureCode } from '../queue-error.ts'

const BEAT_MS = 1_500

/** Two misses, so that a process whose own event loop was blocked for a moment does not blame the network. */
const MOST_MISSED = 2

/** Asks `client` for a sign of life now and then, until it ends, and makes it connect anew when none comes. */
export function watchPulse(client: Redis): void {
  let missed = 0
  let asked = false
  const answered = () => {
    asked = false
    missed = 0
  }
  const miss = () => {
    missed += 1
    if (missed >= MOST_MISSED && client.status === 'ready') client.disconnect(true)
  }
  const ask = () => {
    asked = true
    client.ping().then(answered, (error) => {
      asked = false
      // Any other error came from the server, or the connection has ended and is being replaced.
      if (failureCode(error) === 'TIMEOUT') miss()
      else answered()
    })
  }
  const beat = () => {
    if (client.status !== 'ready') answered()
    else if (asked) miss()
    else ask()
  }
  const timer = setInterval(beat, BEAT_MS).unref()
  client.once('end', () => clearInterval(timer))
}
