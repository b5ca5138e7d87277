// Whose vendor is asked what became of a message: those that no receipt told of, each by one process at a time, ever more
// rarely, and for a day.

import { testDatabase } from '@postern/testkit/postgres'
import { sql } from 'kysely'
import t from 'tap'
import type { NotifierDatabase } from '../src/databases/notifier.database.ts'
import { connect, open, openWarm, type TestScope } from './fixtures/connect.ts'
import { A, addDelivery } from './fixtures/rows.ts'

async function setup(t: TestScope) {
  const urls = await testDatabase(t)
  const admin = await connect(t, urls.adminUrl)
  const { db } = open<NotifierDatabase>(t, urls.notifierUrl)
  /** `ago`: seconds since the vendor took it. */
  async function taken(change: Record<string, unknown> = {}, ago = 60): Promise<string> {
    const id = await addDelivery(admin, { status: 'accepted', due: null, channel: 'sms', expires: 600 })
    await admin.query(
      `INSERT INTO attempts (tenant_id, delivery_id, number, provider, fence, outcome, provider_message_id, finished_at, ask_at)
       VALUES ($1, $2, 1, 'twilio', 3, 'accepted', 'SM1', now() - make_interval(secs => $3), now() - interval '1 second')`,
      [A, id, ago],
    )
    for (const [column, value] of Object.entries(change))
      await admin.query(`UPDATE attempts SET ${column} = $1 WHERE delivery_id = $2`, [value, id])
    return id
  }
  const nextIn = async (id: string) => {
    const { rows } = await admin.query(
      'SELECT extract(epoch FROM ask_at - now())::float8 AS seconds FROM attempts WHERE delivery_id = $1',
      [id],
    )
    return rows[0]?.seconds as number | null
  }
  return { urls, admin, db, taken, nextIn }
}

interface Named {
  delivery_id: string
}

const claim = async (db: Awaited<ReturnType<typeof setup>>['db'], batch = 100) =>
  (await sql<Named>`SELECT * FROM claim_unreported(${batch})`.execute(db)).rows

t.test('it is named with all that its vendor is asked by, and then not for as long again', async (t) => {
  const { db, taken, nextIn } = await setup(t)
  const id = await taken({}, 90)
  t.match(await claim(db), [
    {
      tenant_id: A,
      delivery_id: id,
      attempt: 1,
      channel: 'sms',
      provider: 'twilio',
      sender_id: null,
      provider_message_id: 'SM1',
    },
  ])
  t.same(await claim(db), [])
  const seconds = (await nextIn(id)) ?? 0
  t.ok(seconds > 80 && seconds < 120, `${seconds}`)
})

t.test('the longest due goes first, and no more are named than asked for', async (t) => {
  const { db, taken } = await setup(t)
  const second = await taken({ ask_at: new Date(Date.now() - 60_000) })
  const first = await taken({ ask_at: new Date(Date.now() - 120_000) })
  const third = await taken()
  t.same(
    [await claim(db, 2), await claim(db, 2)].map((rows) => rows.map((row) => row.delivery_id)),
    [[first, second], [third]],
  )
})

t.test(
  'nobody asks any more where a receipt came, a day has passed, or there is nothing to ask by',
  async (t) => {
    const { admin, db, taken, nextIn } = await setup(t)
    const arrived = await taken()
    await admin.query(`UPDATE deliveries SET status = 'delivered' WHERE id = $1`, [arrived])
    const over = [
      await taken({ receipt: 'delivered' }),
      await taken({ receipt: 'undelivered' }),
      await taken({ provider_message_id: null }),
      await taken({ outcome: 'unknown' }),
      await taken({}, 25 * 3_600),
      arrived,
    ]
    t.same(await claim(db), [])
    for (const id of over) t.equal(await nextIn(id), null)
  },
)

t.test('twenty processes at once name each once', async (t) => {
  const { urls, taken } = await setup(t)
  const { db } = await openWarm<NotifierDatabase>(t, urls.notifierUrl, 20)
  for (let n = 0; n < 40; n += 1) await taken()
  const named = (await Promise.all(Array.from({ length: 20 }, () => claim(db, 5)))).flat()
  named.push(...(await claim(db)))
  t.equal(named.length, 40)
  t.equal(new Set(named.map(({ delivery_id }) => delivery_id)).size, 40)
})
