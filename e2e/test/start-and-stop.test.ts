// The life of a house: it starts, ends at Ctrl-C without a trace, comes back with all it had, and does not live on by
// halves.

import { join } from 'node:path'
import { isAlive } from '@postern/testkit/process-tree'
import t from 'tap'
import { temporaryFolder } from '../src/checkout.ts'
import { startHouse, untilGone } from '../src/house.ts'
import { Client, freshEmail } from '../src/postern.client.ts'

t.test('start, Ctrl-C, start again, a death', async (t) => {
  const dataDir = join(temporaryFolder(t), 'data')
  const first = await startHouse(t, { dataDir })
  t.comment(`the first start took ${first.seconds.toFixed(1)} s`)
  const token = await new Client(first.dev).tokenFor(freshEmail())

  await t.test('Ctrl-C ends every process soon', async (t) => {
    const pids = first.pids()
    t.ok(pids.length >= 6, 'the supervisor, four processes and Postgres')
    t.ok(pids.every(isAlive))
    const began = performance.now()
    t.equal(await first.interrupt(), 0, first.output())
    await untilGone(pids)
    // Five seconds are what a person waits at most; a busy machine has five times that.
    const ms = performance.now() - began
    t.ok(ms < 25_000, `${Math.round(ms)} ms`)
    t.comment(`ended after ${Math.round(ms)} ms`)
  })

  const second = await startHouse(t, { dataDir })
  t.comment(`the second start took ${second.seconds.toFixed(1)} s`)
  await t.test('a second start keeps tenant, keys and what was issued', async (t) => {
    for (const name of ['tenant_id', 'api_key', 'admin_key'] as const) {
      t.equal(second.dev[name], first.dev[name], name)
    }
    const signedIn = await new Client(second.dev).verify(token)
    t.equal(signedIn.status, 200, 'a link of the first start opens a session')
    t.ok(signedIn.body.data.created)
  })

  await t.test('a service that is killed is named, and nothing goes on without it', async (t) => {
    const pids = second.pids()
    second.signal('notifier', 'SIGKILL')
    t.equal(await second.ended, 1)
    t.match(second.output(), /postern: notifier ended by SIGKILL\. Everything else was stopped\./)
    await untilGone(pids)
  })
})
