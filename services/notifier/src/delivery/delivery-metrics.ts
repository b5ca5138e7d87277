// What the dashboards and alarms know of deliveries. Labels come from closed lists.

import type { Metrics } from '@postern/telemetry/metric-names'
import type { Delivered } from './deliver-message.ts'

export interface DeliveryMetrics {
  count(channel: string, delivered: Delivered): void
}

export function createDeliveryMetrics(metrics: Metrics): DeliveryMetrics {
  return {
    count(channel, delivered) {
      const status = endOf(delivered)
      if (status !== null) metrics.deliveriesEnded.add(1, { channel, status })
      if (delivered.kind !== 'called' && delivered.kind !== 'fenced') return
      const { provider } = delivered.attempt
      const outcome = delivered.kind === 'fenced' ? 'fenced' : delivered.ending.outcome
      metrics.deliveryAttempts.add(1, { channel, provider, outcome })
      if (delivered.kind === 'called' && outcome === 'accepted') {
        metrics.deliveryLatency.record(delivered.seconds, { channel })
      }
    },
  }
}

function endOf(delivered: Delivered): string | null {
  if (delivered.kind === 'refused') return delivered.ended
  if (delivered.kind === 'poisoned') return delivered.status === 'pending' ? null : delivered.status
  if (delivered.kind === 'called' && delivered.ending.status !== 'pending') return delivered.ending.status
  return null
}
