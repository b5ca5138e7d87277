// Requests that truly overlap: what they need is held until several of them wait for it, as Postgres itself tells.

import { until } from '@postern/testkit/poll'
import type { House } from './setup.ts'

/** Until so many statements of this database, and of no other test's, wait for a lock. */
export async function untilWaiting(
  { admin, data }: House,
  statements = 1,
  deadlineMs = 10_000,
): Promise<void> {
  const look = async () => {
    const { rowCount } = await admin.query(
      `SELECT FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'`,
      [data.name],
    )
    return (rowCount ?? 0) >= statements
  }
  await until(look, { deadlineMs, what: `${statements} to wait for a lock` })
}

export interface Held {
  /** a statement that locks, as a SELECT … FOR UPDATE */
  sql: string
  values: unknown[]
  /** how many have to wait before it is let go */
  waiting: number
}

/** Locks, runs what `ask` begins, lets go when enough of it wait, and answers all of it. */
export async function overlapping<R>(house: House, held: Held, ask: () => Promise<R>[]): Promise<R[]> {
  const holder = await house.admin.connect()
  let running: Promise<R>[] = []
  try {
    await holder.query('BEGIN')
    await holder.query(held.sql, held.values)
    running = ask()
    // Sooner than the two seconds that a statement waits for a lock.
    await untilWaiting(house, held.waiting, 1_800)
  } finally {
    await holder.query('COMMIT')
    holder.release()
  }
  return Promise.all(running)
}
