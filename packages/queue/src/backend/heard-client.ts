// A connection whose end is always heard. BullMQ's pools lend connections that nobody listens to between two statements:
// one that Postgres cut off just then would end the process.

import pg from 'pg'

/** For `Client` of a pool's settings. What is asked of a broken connection fails by itself. */
export class HeardClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config)
    this.on('error', () => undefined)
  }
}
