// Pages of deliveries: whatever is written, moved or removed between two pages, nothing that was there all the time is
// missed, and nothing comes twice.

import { alone } from '@postern/db/with-tenant'
import { systemRandom } from '@postern/service-kit/random'
import fc from 'fast-check'
import t from 'tap'
import { listDeliveries } from '../../../src/delivery/list/list-deliveries.ts'
import { newTenant, openGateway, openHouse, type Tenant } from '../../setup.ts'
import { givenDelivery } from '../delivery-rows.ts'

const house = await openHouse(t)
const gateway = await openGateway(t, house)
const { admin } = house

const runOf = ({ id: tenantId }: Tenant) =>
  alone(gateway.context.database, { tenantId, actor: 'test:list', requestId: null, traceparent: null })

const STATUSES = ['accepted', 'failed', 'pending', 'cancelled'] as const
const CHANNELS = ['email', 'sms'] as const

/** What happens between two pages. */
const change = fc.record({
  what: fc.constantFrom('add', 'move', 'remove'),
  pick: fc.nat(),
  status: fc.constantFrom(...STATUSES),
  channel: fc.constantFrom(...CHANNELS),
})
const course = fc.record({
  limit: fc.integer({ min: 1, max: 7 }),
  look: fc.integer({ min: 1, max: 12 }),
  status: fc.option(fc.constantFrom(...STATUSES), { nil: undefined }),
  channel: fc.option(fc.constantFrom(...CHANNELS), { nil: undefined }),
  first: fc.array(change, { minLength: 0, maxLength: 25 }),
  between: fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 12 }),
})

interface Kept {
  status: string
  channel: string
  /** there, and as the filter wants it, since before the first page */
  wasThere: boolean
}

t.test('pages hold each delivery that was there all the time once, newest first', async (t) => {
  const about = fc.asyncProperty(course, async ({ limit, look, status, channel, first, between }) => {
    const tenant = await newTenant(gateway)
    const rows = new Map<string, Kept>()
    const fits = (row: { status: string; channel: string }) =>
      (status === undefined || row.status === status) && (channel === undefined || row.channel === channel)
    const add = async (row: { status: string; channel: 'email' | 'sms' }, wasThere: boolean) => {
      const id = systemRandom.uuid()
      rows.set(id, { ...row, wasThere: wasThere && fits(row) })
      await givenDelivery(admin, tenant, { id, ...row })
    }
    for (const { status, channel } of first) await add({ status, channel }, true)
    const seen: string[] = []
    let cursor: string | undefined
    for (let at = 0; ; at++) {
      const input = { tenantId: tenant.id, filter: { status, channel }, cursor, limit }
      const page = await listDeliveries(runOf(tenant), input, Math.max(look, limit))
      if (page.items.length > limit) return false
      if (page.items.some((item) => !fits(item))) return false
      seen.push(...page.items.map(({ id }) => id))
      if (page.next_cursor === null) break
      cursor = page.next_cursor
      for (const { what, pick, status, channel } of between[at] ?? []) {
        if (what === 'add') await add({ status, channel }, false)
        const id = [...rows.keys()][pick % Math.max(rows.size, 1)] ?? ''
        const row = rows.get(id)
        if (row === undefined || what === 'add') continue
        if (what === 'remove') rows.delete(id)
        else rows.set(id, { ...row, status, wasThere: row.wasThere && fits({ ...row, status }) })
        await admin.query(
          what === 'remove'
            ? 'DELETE FROM deliveries WHERE id = $1'
            : 'UPDATE deliveries SET status = $2 WHERE id = $1',
          what === 'remove' ? [id] : [id, status],
        )
      }
    }
    const missed = [...rows].filter(([id, { wasThere }]) => wasThere && !seen.includes(id))
    const inOrder = seen.every((id, at) => at === 0 || id < (seen[at - 1] ?? ''))
    return missed.length === 0 && inOrder
  })
  await fc.assert(about, { numRuns: 40 })
  t.pass('held')
})

t.test('a list is filtered by status, channel and time, and pages go on by the cursor', async (t) => {
  const tenant = await newTenant(gateway)
  for (const status of ['accepted', 'dead_letter', 'cancelled', 'accepted', 'dead_letter'])
    await givenDelivery(admin, tenant, { status, channel: status === 'cancelled' ? 'sms' : 'email' })
  const list = async (query: string) => (await tenant.call('GET', `/v1/deliveries?${query}`)).body.data
  const statuses = async (query: string) =>
    (await list(query)).items.map((one: { status: string }) => one.status)
  t.same(await statuses('status=dead_letter'), ['dead_letter', 'dead_letter'])
  t.same(await statuses('status=accepted'), ['accepted', 'accepted'])
  t.same(await statuses('channel=sms'), ['cancelled'])
  const now = Date.now()
  t.equal((await statuses(`since=${new Date(now - 60_000).toISOString()}`)).length, 5)
  t.same(await statuses(`since=${new Date(now + 60_000).toISOString()}`), [])
  await admin.query(
    `UPDATE deliveries SET created_at = now() - interval '3 minutes' WHERE tenant_id = $1 AND channel = 'sms'`,
    [tenant.id],
  )
  t.equal((await statuses(`since=${new Date(now - 60_000).toISOString()}`)).length, 4)
  const first = await list('limit=2')
  const second = await list(`limit=2&cursor=${first.next_cursor}`)
  const third = await list(`limit=2&cursor=${second.next_cursor}`)
  t.equal(third.next_cursor, null)
  const ids = [first, second, third].flatMap(({ items }) => items.map(({ id }: { id: string }) => id))
  t.same(ids, [...new Set(ids)].toSorted().reverse())
  t.equal(ids.length, 5)
})

t.test('what is no cursor, status, channel or instant of ours is refused', async (t) => {
  const tenant = await newTenant(gateway)
  for (const query of [
    'cursor=AAAA',
    `cursor=${'_'.repeat(22)}`,
    `cursor=${'A'.repeat(23)}`,
    'status=sent',
    'channel=fax',
    'since=2026-11-20T12:00:00',
    'limit=0',
    'limit=201',
    'until=2026-11-20T12:00:00Z',
  ])
    t.match(await tenant.call('GET', `/v1/deliveries?${query}`), {
      status: 400,
      body: { error: { code: 'VALIDATION_FAILED' } },
    })
})
