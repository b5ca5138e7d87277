// A fresh Postgres of one's own becomes a house for the services, by one command that may be repeated.

import { randomBytes } from 'node:crypto'
import { throwawayPostgres } from '@postern/testkit/postgres'
import pg from 'pg'
import t from 'tap'
import { prepareDatabase } from '../src/prepare-database.ts'

t.test('an empty Postgres gets roles, tables and the queue’s schema; a repeat changes nothing', async (t) => {
  const postgres = await throwawayPostgres()
  t.teardown(() => postgres.stop())
  const urlOf = (role: string) => {
    const url = new URL(postgres.url)
    // With characters that a URL must escape.
    const password = `p@ss/${randomBytes(8).toString('hex')}`
    Object.assign(url, { username: `postern_${role}`, password, pathname: '/house' })
    return url.href
  }
  const roles = {
    owner: urlOf('owner'),
    gateway: urlOf('gateway'),
    notifier: urlOf('notifier'),
    audit: urlOf('audit'),
  }
  const ran = await prepareDatabase({ admin: postgres.url, roles })
  t.ok(ran.includes('0001-tenants'))
  t.strictSame(await prepareDatabase({ admin: postgres.url, roles }), [])

  for (const [role, url] of Object.entries(roles)) {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const { rows } = await client.query(
      `SELECT current_user AS who, rolsuper OR rolbypassrls AS mighty, to_regclass('public.tenants') IS NOT NULL AS ours,
              to_regnamespace('bullmq') IS NOT NULL AS queue FROM pg_roles WHERE rolname = current_user`,
    )
    t.strictSame(rows, [{ who: `postern_${role}`, mighty: false, ours: true, queue: true }])
    await client.end()
  }
})
