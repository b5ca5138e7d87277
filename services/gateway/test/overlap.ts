// Requests that truly overlap: what they need is held until several of them wait for it, as Postgres itself tells.

import { until } from '@postern/testkit/poll'
import type { House } from './setup.ts'

/** How many statements of this database, and of no other test's, wait for a lock. */
async function waitingIn({ admin, data }: House): Promise<number> {
  const { rowCount } = await admin.query(
    `SELECT FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'`,
    [data.name],
  )
  return rowCount ?? 0
}

export async function untilWaiting(house: House, statements = 1): Promise<void> {
  const look = async () => (await waitingIn(house)) >= statements
  await until(look, { deadlineMs: 30_000, what: `${statements} to wait for a lock` })
}

export interface Held {
  /** a statement that locks, as a SELECT … FOR UPDATE */
  sql: string
  values: unknown[]
  /** how many are to wait before it is let go */
  waiting: number
}

/**
 * Until so many wait, or those that do have waited for a second: a statement waits two seconds for a lock and fails
 * then, and on a busy machine not all of them have come by that time. Fewer of them are still a race.
 */
async function untilOverlapping(house: House, statements: number): Promise<void> {
  let since: number | undefined
  const look = async () => {
    const waiting = await waitingIn(house)
    if (waiting > 0) since ??= performance.now()
    return waiting >= statements || (since !== undefined && performance.now() - since > 1_000)
  }
  await until(look, { deadlineMs: 30_000, what: `${statements} to wait for a lock` })
}

/** Locks, runs what `ask` begins, lets go when enough of it wait, and answers all of it. */
export async function overlapping<R>(house: House, held: Held, ask: () => Promise<R>[]): Promise<R[]> {
  const holder = await house.admin.connect()
  let running: Promise<R>[] = []
  try {
    await holder.query('BEGIN')
    await holder.query(held.sql, held.values)
    running = ask()
    await untilOverlapping(house, held.waiting)
  } finally {
    await holder.query('COMMIT')
    holder.release()
  }
  return Promise.all(running)
}
