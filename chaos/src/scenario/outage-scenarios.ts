// What the services stand on goes away for a while: Redis, Postgres, or the time that a process believes it has.

import { setTimeout as pause } from 'node:timers/promises'
import type { SingleProcess } from '@postern/e2e/single-process'
import { Redis } from 'ioredis'
import type { ChaosHouse } from '../house/chaos-house.ts'
import { ask } from '../load/back-end.ts'
import { newIntent, recipient } from '../load/plan-load.ts'
import { runLoad } from '../load/run-load.ts'
import { plan, type Scenario, type Stage, under } from './scenario.ts'
import { script, unscript } from './vendor-script.ts'

const OUTAGE_MS = 1_500
/** Longer than a lease of 10 s. */
const FROZEN_MS = 12_000
const HELD_WITHIN_MS = 90_000
const LOAD = { count: 12, over: 2_500 }

export const outageScenarios: readonly Scenario[] = [
  { name: 'Redis emptied, twice', only: 'redis', run: emptyRedis },
  { name: 'Redis killed and back empty', only: 'redis', run: restartRedis },
  { name: 'Redis silent for seconds', only: 'redis', run: silenceRedis },
  { name: 'Redis full', only: 'redis', run: fillRedis },
  { name: 'Postgres killed and back', run: restartPostgres },
  { name: 'notifier frozen beyond its lease', run: freezeNotifier },
  { name: 'notifier told to end under load', run: endNotifier },
]

async function emptyRedis(stage: Stage): Promise<void> {
  const flush = (redis: Redis) => redis.flushall()
  await under(stage, LOAD, async () => {
    await Promise.all([besieged(stage), inRedis(stage.house, flush)])
    await pause(OUTAGE_MS)
    await inRedis(stage.house, flush)
  })
}

async function restartRedis(stage: Stage): Promise<void> {
  const { redis } = stage.house
  await under(stage, LOAD, async () => {
    await pause(300)
    await redis?.kill()
    await Promise.all([besieged(stage), pause(OUTAGE_MS)])
    await redis?.start()
  })
}

async function silenceRedis(stage: Stage): Promise<void> {
  await under(stage, LOAD, async () => {
    await inRedis(stage.house, (redis) => redis.call('CLIENT', 'PAUSE', '3000', 'ALL'))
    await besieged(stage)
  })
}

/** Every write is refused for want of memory. */
async function fillRedis(stage: Stage): Promise<void> {
  const most = (bytes: string) =>
    inRedis(stage.house, (redis) => redis.call('CONFIG', 'SET', 'maxmemory', bytes))
  await under(stage, LOAD, async () => {
    await pause(300)
    await most('1')
    await Promise.all([besieged(stage), pause(OUTAGE_MS)])
    await most('0')
  })
}

async function restartPostgres(stage: Stage): Promise<void> {
  const { postgres } = stage.house.parts
  await under(stage, LOAD, async () => {
    await pause(600)
    const outage = { kind: 'postgres' as const, from: Date.now(), to: Number.POSITIVE_INFINITY }
    stage.house.disturbances.push(outage)
    await postgres.kill()
    const siege = besieged(stage)
    await pause(OUTAGE_MS)
    await postgres.start()
    await siege
    outage.to = Date.now() + 5_000
  })
}

/** Somebody asks for more than one address may be sent, while nothing else is sure. */
async function besieged({ house, random, number }: Stage): Promise<void> {
  const to = recipient('email')
  const tenant = random.pick(house.tenants)
  const one = () => newIntent({ scenario: number, tenant, kind: 'link', channel: 'email', to })
  await Promise.all(Array.from({ length: 8 }, () => ask(house, { intent: one(), later: null })))
}

async function inRedis({ redis }: ChaosHouse, work: (redis: Redis) => Promise<unknown>): Promise<void> {
  const connection = new Redis(redis?.url ?? '', { maxRetriesPerRequest: 1 })
  connection.on('error', () => undefined)
  try {
    await work(connection)
  } finally {
    connection.disconnect()
  }
}

/** It is stopped in the middle of a call, and goes on when another worker has long taken over. */
async function freezeNotifier(stage: Stage): Promise<void> {
  const { house } = stage
  const victim = await house.startAnother('notifier')
  await victim.listening()
  await script(house, ['sendgrid'], { mode: 'delay', delay_ms: 2_500 })
  await feedUntilHeld(stage, victim)
  victim.freeze()
  const frozen = { kind: 'frozen' as const, from: Date.now(), to: Number.POSITIVE_INFINITY }
  house.disturbances.push(frozen)
  await unscript(house)
  const thaw = async () => {
    await pause(FROZEN_MS)
    victim.thaw()
    await pause(1_000)
    await victim.end('SIGTERM')
    frozen.to = Date.now()
  }
  house.background.push(thaw())
  await runLoad(house, plan(stage, { ...LOAD, count: 6 }))
}

/** It gets its share of the mails, sooner or later. */
async function feedUntilHeld(stage: Stage, { pid }: SingleProcess): Promise<void> {
  const { house } = stage
  const held = `SELECT FROM deliveries WHERE status = 'sending' AND worker LIKE '%:' || $1::text`
  const began = performance.now()
  while ((await house.parts.admin.query(held, [pid])).rows.length === 0) {
    if (performance.now() - began > HELD_WITHIN_MS) throw new Error('the notifier to be frozen took nothing')
    await runLoad(house, plan(stage, { count: 2, over: 1, channel: 'email' }))
    await pause(100)
  }
}

const DRAINED_MS = 25_000

async function endNotifier(stage: Stage): Promise<void> {
  const { house } = stage
  const leaving = await house.startAnother('notifier')
  await leaving.listening()
  await under(stage, LOAD, async () => {
    await pause(400)
    const began = performance.now()
    await leaving.end('SIGTERM')
    const ms = performance.now() - began
    if ((await leaving.gone) !== 0 || ms > DRAINED_MS)
      throw new Error(`it ended with ${await leaving.gone} after ${Math.round(ms)} ms`)
  })
}
