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
      if (status === 'accepted' && 'seconds' in delivered)
        metrics.deliveryLatency.record(delivered.seconds, { channel })
      if (delivered.kind !== 'called' && delivered.kind !== 'fenced') return
      const { provider, isFailover } = delivered.attempt
      if (isFailover) metrics.failovers.add(1, { channel, provider })
      const outcome = delivered.kind === 'fenced' ? 'fenced' : delivered.ending.outcome
      metrics.deliveryAttempts.add(1, { channel, provider, outcome })
    },
  }
}

function endOf(delivered: Delivered): string | null {
  switch (delivered.kind) {
    case 'refused':
      return delivered.ended
    case 'poisoned':
      return delivered.status === 'pending' ? null : delivered.status
    case 'no_other':
      return delivered.status
    case 'found':
      return delivered.recorded ? 'accepted' : null
    case 'called':
      return delivered.ending.status === 'pending' ? null : delivered.ending.status
    default:
      return null
  }
}
