// A gateway dies while it is told what became of messages: before it has written that down, and before it has said so.

import type { KillPoint } from '@postern/service-kit/failpoint'
import { until } from '@postern/testkit/poll'
import type { ChaosHouse } from '../house/chaos-house.ts'
import { startDoomed } from '../house/doomed.ts'
import { runLoad } from '../load/run-load.ts'
import { plan, type Scenario, type Stage } from './scenario.ts'
import { tellReceipts } from './vendor-script.ts'

const POINTS: readonly KillPoint[] = ['K10', 'K11']
const PATIENCE = { deadlineMs: 60_000, everyMs: 150 }

export const receiptScenarios: readonly Scenario[] = POINTS.flatMap((point) =>
  (['email', 'sms'] as const).map((channel) => ({
    name: `gateway killed at ${point}, ${channel}`,
    run: (stage: Stage) => killAtReceipts(stage, point, channel),
  })),
)

async function killAtReceipts(stage: Stage, point: KillPoint, channel: 'email' | 'sms'): Promise<void> {
  const { house, number } = stage
  const wishes = plan(stage, { count: 6, over: 300, channel })
  await runLoad(
    house,
    wishes.map((wish) => ({ ...wish, fate: 'left' as const, later: null })),
  )
  const ids = house.intents.flatMap(({ scenario, answer }) =>
    scenario === number && answer ? [answer.deliveryId] : [],
  )
  await untilAll(house, ids, ['accepted', 'delivered'])
  const doomed = await startDoomed(house, 'gateway', point)
  house.webhooks.lead(doomed.process.url)
  await tellReceipts(house, ids)
  await until(() => !doomed.alive(), { ...PATIENCE, what: `a death at ${point}` })
  await doomed.died
  // Vendors tell again what was not answered, and another gateway hears it.
  house.webhooks.lead(house.gateways[0] ?? '')
  await tellReceipts(house, ids)
  await untilAll(house, ids, ['delivered'])
}

async function untilAll({ parts }: ChaosHouse, ids: readonly string[], statuses: string[]): Promise<void> {
  const others = 'SELECT FROM deliveries WHERE id = ANY ($1) AND NOT status = ANY ($2)'
  const all = async () => (await parts.admin.query(others, [ids, statuses])).rows.length === 0
  await until(all, { ...PATIENCE, what: `all ${statuses.join(' or ')}` })
}
