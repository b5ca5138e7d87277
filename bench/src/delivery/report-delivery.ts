// The page: how long a message takes, and how fast a backlog goes out beside the bare worker.

import { median, spread, thousands } from '../medians.ts'
import { keepResults, machine } from '../results.ts'
import type { Latency } from './measure-latency.ts'
import { AT_A_TIME } from './services.ts'

export interface DeliveryPlan {
  rounds: number
  /** messages of the backlog of each round */
  backlog: number
}

export interface DeliveryResults {
  plan: DeliveryPlan
  latencies: Latency[]
  drains: { notifier: number; bare: number }[]
}

const TARGET_P99_MS = 250
const TARGET_SHARE = 60
/** What notifyd's authors publish for one call a message. */
const NOTIFYD_PER_SECOND = 640

export async function reportDelivery(results: DeliveryResults): Promise<void> {
  await keepResults('delivery', write(results), results)
}

function write({ plan, latencies, drains }: DeliveryResults): string {
  const millis = (key: 'median' | 'p99' | 'highest') =>
    spread(
      latencies.map((each) => each[key]),
      (value) => value.toFixed(1),
    )
  const rate = (key: 'notifier' | 'bare') =>
    spread(
      drains.map((each) => each[key]),
      thousands,
    )
  const share = spread(
    drains.map(({ notifier, bare }) => (100 * notifier) / bare),
    (value) => value.toFixed(0),
  )
  return `# Messages on their way

${machine()}; all processes, Postgres (which does not wait for the disk), Redis and the vendor on the same cores.
The vendor takes every mail at once. Medians over ${plan.rounds} rounds, with the lowest and the highest.

## From the request to the vendor

Links asked for at ${latencies[0]?.perSecond ?? '?'} a second, whether those before were answered or not; gateway, notifier and audit are at work.
${thousands(median(latencies.map(({ messages }) => messages)))} messages a round.

| from the request to the vendor’s answer | ms | target |
|---|---|---|
| median | ${millis('median')} | |
| 99 of 100 | ${millis('p99')} | ${TARGET_P99_MS} |
| the slowest | ${millis('highest')} | |

## A backlog

${thousands(plan.backlog)} messages wait, then one notifier process starts; the first tenth is not counted. Beside it a BullMQ worker with as many
jobs that does nothing but the same call: no lease, no attempt, no limit, no trail. It sends by SendGrid's library as that comes; ours carries
what the library writes over a connection of its own, which costs a third. Both work on ${AT_A_TIME} at a time. Each message made exactly one call.

| | messages/s |
|---|---|
| notifier | ${rate('notifier')} |
| bare BullMQ worker | ${rate('bare')} |
| share of the bare worker’s rate | ${share} %, target ${TARGET_SHARE} % |

notifyd publishes ${NOTIFYD_PER_SECOND} messages a second for one call a message, on a machine of its own.
`
}
