// A connection that is cut off while it is lent out and idle fails what is asked of it next, and ends nothing.

import { until } from '@postern/testkit/poll'
import { throwawayPostgres } from '@postern/testkit/postgres'
import pg from 'pg'
import t from 'tap'
import { HeardClient } from '../../src/backend/heard-client.ts'

t.test('a lent connection that Postgres cuts off does not end the process', async (t) => {
  const { url, stop } = await throwawayPostgres()
  t.teardown(() => stop())
  const pool = new pg.Pool({ connectionString: url, max: 1, Client: HeardClient } as pg.PoolConfig)
  // A pool ends before its connections have; the server may be quicker and cut the last one off.
  pool.on('error', () => undefined)
  t.teardown(() => pool.end())
  const lent = await pool.connect()
  const ended = new Promise((resolve) => lent.once('end', resolve))
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  const { rows } = await lent.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  await admin.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
  await ended
  await admin.end()
  await t.rejects(lent.query('SELECT 1'))
  lent.release(true)
  await until(async () => (await pool.query('SELECT 1')).rowCount === 1, { deadlineMs: 30_000 })
})
