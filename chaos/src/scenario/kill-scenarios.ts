// A process dies at each of the kill points, for either channel.

import { setTimeout as pause } from 'node:timers/promises'
import type { KillPoint } from '@postern/service-kit/failpoint'
import { type Doomed, startDoomed } from '../house/doomed.ts'
import { runLoad } from '../load/run-load.ts'
import { plan, type Scenario, type Stage, under } from './scenario.ts'

type Channel = 'email' | 'sms'

/** Where each point is reached: the relay of the gateway that was asked is the first to hear of a delivery. */
export const KILL_POINTS: readonly (readonly [KillPoint, 'gateway' | 'notifier'])[] = [
  ['K1', 'gateway'],
  ['K2', 'gateway'],
  ['K3', 'gateway'],
  ['K4', 'gateway'],
  ['K5', 'notifier'],
  ['K6', 'notifier'],
  ['K7', 'notifier'],
  ['K8', 'notifier'],
  ['K9', 'notifier'],
]

const DIES_WITHIN_MS = 90_000
const FEED_MS = 150

export const killScenarios: readonly Scenario[] = KILL_POINTS.flatMap(([point, service]) =>
  (['email', 'sms'] as const).map((channel) => ({
    name: `${service} killed at ${point}, ${channel}`,
    run: (stage: Stage) => killUnderLoad(stage, { service, point, channel }),
  })),
)

interface Kill {
  readonly service: 'gateway' | 'notifier'
  readonly point: KillPoint
  readonly channel: Channel
}

async function killUnderLoad(stage: Stage, { service, point, channel }: Kill): Promise<void> {
  await under(stage, { count: 5 }, async () => {
    const doomed = await startDoomed(stage.house, service, point)
    await feedUntilDead(stage, doomed, channel)
  })
}

/** One intent after the other: a gateway is asked itself, a notifier gets its share of what is queued. */
async function feedUntilDead(stage: Stage, doomed: Doomed, channel: Channel): Promise<void> {
  const { house } = stage
  const via = doomed.process.name === 'gateway' ? doomed.process.url : undefined
  const began = performance.now()
  const asked: Promise<void>[] = []
  while (doomed.alive()) {
    if (performance.now() - began > DIES_WITHIN_MS)
      throw new Error(`${doomed.process.name} did not come to its kill point`)
    asked.push(runLoad(house, plan(stage, { count: 1, over: 1, channel }), via))
    await Promise.race([doomed.died, pause(FEED_MS)])
  }
  await doomed.died
  await Promise.all(asked)
}
