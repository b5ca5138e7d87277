// What a process says about itself under the names that dashboards know from Prometheus clients.

import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import type { Meter } from '@opentelemetry/api'

/** Registers the process's metrics; they are read only when somebody asks. */
export function observeProcess(meter: Meter): void {
  const cpu = meter.createObservableCounter('process_cpu_seconds_total', {
    description: 'User and system CPU time spent.',
  })
  cpu.addCallback((result) => {
    const { user, system } = process.cpuUsage()
    result.observe((user + system) / 1e6)
  })
  gauge(meter, 'process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  gauge(meter, 'nodejs_heap_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed)
  gauge(meter, 'process_start_time_seconds', 'Unix time at which the process started.', () =>
    Math.round(performance.timeOrigin / 1_000),
  )
  let last: EventLoopUtilization = performance.eventLoopUtilization()
  gauge(
    meter,
    'nodejs_eventloop_utilization',
    'Share of time the event loop was busy since the last reading.',
    () => {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, last)
      last = now
      return utilization
    },
  )
}

function gauge(meter: Meter, name: string, description: string, read: () => number): void {
  meter.createObservableGauge(name, { description }).addCallback((result) => result.observe(read()))
}
