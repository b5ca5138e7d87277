// A worker that is killed in the middle of a batch loses nothing and doubles nothing, whether what it had sent to
// Postgres is still carried out or undone.

import { until } from '@postern/testkit/poll'
import { testRedis } from '@postern/testkit/redis'
import t from 'tap'
import { givenDatabase } from '../fixtures/in-process.ts'
import { secretsFolder, spawnAudit } from '../fixtures/process.ts'
import { addTenant, counts, tellEvents } from '../fixtures/trail.ts'

// Two cases wait for a time limit of Postgres while the others work.
t.jobs = 2

const EVENTS = 900

const CASES = [
  { queue: 'Redis', statement: 'still ends' },
  { queue: 'Redis', statement: 'is undone' },
  { queue: 'Postgres', statement: 'still ends' },
  { queue: 'Postgres', statement: 'is undone' },
] as const

for (const { queue, statement } of CASES) {
  t.test(
    `SIGKILL in the middle of a batch whose statement ${statement}; the queue is on ${queue}`,
    async (t) => {
      const { urls, admin } = await givenDatabase(t)
      const tenants = [await addTenant(admin), await addTenant(admin)]
      const redis = queue === 'Redis' ? await testRedis(t) : undefined
      const folder = await secretsFolder(t, {
        'database-url-audit': urls.auditUrl,
        ...(redis && { 'queue-url': redis.url }),
      })
      const start = () => spawnAudit(t, { POSTERN_SECRETS_DIR: folder })
      for (const tenant of tenants) await tellEvents(admin, tenant.id, EVENTS / 2)

      const holder = await admin.connect()
      t.teardown(() => holder.release())
      const recording = async () =>
        (
          await admin.query(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
             AND application_name = 'postern-audit' AND query LIKE '%record_events%'`,
          )
        ).rowCount ?? 0
      // Nobody may write to the trail: the batch has left the outbox and waits, uncommitted, to enter it.
      await holder.query('BEGIN; LOCK TABLE audit_events IN SHARE ROW EXCLUSIVE MODE')
      const first = start()
      await until(recording, { deadlineMs: 30_000, what: 'a batch in the middle' })
      t.equal(await first.end('SIGKILL'), null)
      t.same(await counts(admin), { recorded: 0, waiting: EVENTS }, 'nothing of it is to be seen')
      if (statement === 'is undone') {
        await until(async () => (await recording()) === 0, {
          deadlineMs: 30_000,
          what: 'the statement to give up',
        })
      }
      await holder.query('ROLLBACK')

      start()
      const all = async () => (await counts(admin)).recorded === EVENTS
      await until(all, { deadlineMs: 60_000, what: 'every event in the trail' })
      t.same(await counts(admin), { recorded: EVENTS, waiting: 0 })
      const { rows } = await admin.query('SELECT count(DISTINCT id)::int AS n FROM audit_events')
      t.same(rows, [{ n: EVENTS }])
    },
  )
}
