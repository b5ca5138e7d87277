// One metric of the list as an instrument of OpenTelemetry.

import type { Attributes, Meter } from '@opentelemetry/api'

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

interface Described {
  readonly name: string
  readonly type: 'counter' | 'histogram' | 'gauge'
  readonly help: string
}

export function instrumentOf(meter: Meter, { name, type, help: description }: Described) {
  if (type === 'counter') {
    const counter = meter.createCounter(name, { description })
    return { add: (count: number, labels: Attributes) => counter.add(count, labels) }
  }
  if (type === 'histogram') {
    const advice = { explicitBucketBoundaries: SECONDS }
    const histogram = meter.createHistogram(name, { description, advice })
    return { record: (value: number, labels: Attributes) => histogram.record(value, labels) }
  }
  const gauge = meter.createObservableGauge(name, { description })
  const observe = (read: () => number | Promise<number>, labels: Attributes = {}) =>
    meter.addBatchObservableCallback(
      (result) => report((value) => result.observe(gauge, value, labels), read),
      [gauge],
    )
  return { observe }
}

/** A gauge whose source cannot be read is left out of this reading; the others are not. */
async function report(show: (value: number) => void, read: () => number | Promise<number>): Promise<void> {
  try {
    show(await read())
  } catch {
    // Absent is the truth here: there is no value.
  }
}
