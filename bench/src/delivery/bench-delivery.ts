// Messages on their way: how long one takes from the request to the vendor, and how fast a backlog goes out.

import type { Ground } from '../ground.ts'
import { install } from '../peer/installation.ts'
import { startGateway } from '../peer/postern.peer.ts'
import { drainBare, drainNotifier } from './measure-drain.ts'
import { type Latency, measureLatency } from './measure-latency.ts'
import { type DeliveryPlan, reportDelivery } from './report-delivery.ts'
import { startAudit, startNotifier } from './services.ts'
import { startVendor } from './vendor.ts'

const STEADY = { perSecond: 200, seconds: 20 }

export async function benchDelivery(ground: Ground, plan: DeliveryPlan): Promise<void> {
  const vendor = await startVendor(ground.scope)
  const installation = await install(ground)
  const gateway = await startGateway(ground.scope, installation)
  const latencies: Latency[] = []
  const drains: { notifier: number; bare: number }[] = []

  for (let at = 1; at <= plan.rounds; at++) {
    const notifier = await drainNotifier(installation, gateway, vendor, plan.backlog)
    drains.push({ notifier, bare: await drainBare(ground, vendor, plan.backlog) })
    console.error(`backlog ${at} of ${plan.rounds}`, drains.at(-1))
  }
  await startAudit(ground.scope, installation)
  await startNotifier(ground.scope, installation, vendor)
  for (let at = 1; at <= plan.rounds; at++) {
    latencies.push(await measureLatency(gateway, vendor, STEADY))
    console.error(`latency ${at} of ${plan.rounds}`, latencies.at(-1))
  }
  await reportDelivery({ plan, latencies, drains })
}
