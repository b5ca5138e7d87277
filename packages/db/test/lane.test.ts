// When a trip leaves: at once where nobody is under way, and never much later because of somebody else.

import { mock } from 'node:test'
import t from 'tap'
import { inGroup } from '../src/group-commit.ts'
import { refusal } from './fixtures/connect.ts'
import { A, keeping, scopeOf, setup } from './fixtures/kept.ts'

const keep = keeping(false)
const keepLocked = keeping(true)

t.test('on an idle machine an input asks for its connection at once, and rides alone', async (t) => {
  const { database } = await setup(t)
  const xids = new Set<string>()
  for (const name of ['one', 'two', 'three']) {
    let asked = 0
    const connect = database.pool.connect.bind(database.pool)
    database.pool.connect = (...rest: []) => {
      asked++
      return connect(...rest)
    }
    const answer = inGroup(database, scopeOf(), keep, { tenantId: A, name })
    t.equal(asked, 1, 'before anything else happens')
    xids.add((await answer).xid)
    t.equal(asked, 1)
    database.pool.connect = connect
  }
  t.equal(xids.size, 3)
})

t.test('who waits behind a slow trip leaves by another connection', async (t) => {
  const { database, waitsFor } = await setup(t, { max: 3 })
  let slowIsDone = false
  const slow = inGroup(database, scopeOf(), keep, { tenantId: A, name: 'slow', sleep: 4 })
  void slow.then(() => {
    slowIsDone = true
  })
  await waitsFor('PgSleep')
  const others = ['a', 'b', 'c'].map((name) => inGroup(database, scopeOf(), keep, { tenantId: A, name }))
  const xids = (await Promise.all(others)).map(({ xid }) => xid)
  t.equal(slowIsDone, false)
  t.equal(new Set(xids).size, 1, 'together')
  t.match(await slow, { name: 'slow' })
})

t.test('the next trip has left when those of the last one are answered', async (t) => {
  const { database, waitsFor } = await setup(t, { max: 3 })
  const come = (name: string, sleep?: number) =>
    inGroup(database, scopeOf(), keep, { tenantId: A, name, ...(sleep && { sleep }) })
  let trips = 0
  database.pool.on('acquire', () => trips++)
  const first = come('first', 3)
  const tripsWhenAnswered = first.then(() => trips)
  await waitsFor('PgSleep')
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const second = come('second')
  t.equal(await tripsWhenAnswered, 2)
  t.not((await second).xid, (await first).xid)
})

t.test('where nobody is in a hurry, all ride together whom one turn brings', async (t) => {
  const { database, waitsFor } = await setup(t, { max: 3 })
  const patient = { ...keeping(false), isPatient: true }
  const come = (input: { name: string; sleep?: number }) =>
    inGroup(database, scopeOf(), patient, { tenantId: A, ...input })
  await come({ name: 'that there is a connection' })
  const early = come({ name: 'early' })
  for (let tick = 0; tick < 5; tick++) await new Promise((resolve) => process.nextTick(resolve))
  t.equal((await come({ name: 'later' })).xid, (await early).xid)

  const first = come({ name: 'first', sleep: 2 })
  await waitsFor('PgSleep')
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const others = Array.from({ length: 31 }, (_, at) => come({ name: `n${at}` }))
  const trips = Map.groupBy(await Promise.all([first, ...others]), ({ xid }) => xid)
  t.same(
    [...trips.values()].map(({ length }) => length),
    [1, 31],
  )
})

t.test('a key that another process holds keeps its own input waiting, not the neighbours', async (t) => {
  const { database, admin, occupy } = await setup(t, { max: 3 })
  const name = 'held'
  await admin.query(`SELECT pg_advisory_lock(hashtextextended($1, 0))`, [name])
  const giveBack = await occupy()
  let heldIsDone = false
  const held = inGroup(database, scopeOf(), keepLocked, { tenantId: A, name })
  void held.then(() => {
    heldIsDone = true
  })
  const others = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) =>
    inGroup(database, scopeOf(), keepLocked, { tenantId: A, name }),
  )
  giveBack()
  await Promise.all(others)
  t.equal(heldIsDone, false, 'before the wait for the lock is given up')
  // Those of the same key wait here, and hold up nobody who comes after them.
  const same = [1, 2, 3].map((n) =>
    inGroup(database, scopeOf(), keepLocked, { tenantId: A, name: `${name}${n}`, keys: [name] }),
  )
  t.match(await inGroup(database, scopeOf(), keepLocked, { tenantId: A, name: 'late' }), { name: 'late' })
  t.equal(heldIsDone, false)
  await admin.query(`SELECT pg_advisory_unlock(hashtextextended($1, 0))`, [name])
  t.match(await Promise.all([held, ...same]), [
    { name },
    { name: 'held1' },
    { name: 'held2' },
    { name: 'held3' },
  ])
})

t.test('who would wait too long for its turn is turned away, as unavailable', async (t) => {
  const { database, admin, kept, waitsFor } = await setup(t, { max: 3, waitMs: 1_000 })
  await admin.query(`SELECT pg_advisory_lock(hashtextextended('held', 0))`)
  const first = refusal(inGroup(database, scopeOf(), keepLocked, { tenantId: A, name: 'held' }))
  let firstIsDone = false
  void first.then(() => {
    firstIsDone = true
  })
  await waitsFor('advisory')
  const second = inGroup(database, scopeOf(), keepLocked, { tenantId: A, name: 'second', keys: ['held'] })
  t.equal(await refusal(second), '55P03')
  t.equal(firstIsDone, false, 'the first has its own two seconds')
  t.equal(await first, '55P03')
  await admin.query('SELECT pg_advisory_unlock_all()')
  t.match(await inGroup(database, scopeOf(), keepLocked, { tenantId: A, name: 'held' }), { name: 'held' })
  t.same(await kept(), ['held'])
})

t.test('who gets no connection in time is turned away, and those who come later are not', async (t) => {
  const { database, occupy, kept } = await setup(t, { max: 1, waitMs: 1_000 })
  const giveBack = await occupy()
  const first = ['a', 'b'].map((name) => inGroup(database, scopeOf(), keep, { tenantId: A, name }))
  for (const one of await Promise.allSettled(first)) {
    t.match(one, { status: 'rejected', reason: { message: /^timeout exceeded when trying to connect/ } })
  }
  const later = inGroup(database, scopeOf(), keep, { tenantId: A, name: 'c' })
  giveBack()
  t.match(await later, { name: 'c' })
  t.same(await kept(), ['c'])
})
