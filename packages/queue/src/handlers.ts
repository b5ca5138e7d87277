// A queue that nobody works, or two handlers for one, is a mistake in the wiring: the start stops and says which.

import { QueueError } from './queue-error.ts'

/**
 * @param definitions the queues that this service works
 * @throws {QueueError} QUEUE_MISCONFIGURED naming every queue without a handler, with two, or not of this service
 */
export function assertEveryQueueHandled(
  definitions: readonly { readonly name: string }[],
  handlers: readonly { readonly queue: { readonly name: string } }[],
): void {
  const wanted = definitions.map(({ name }) => name)
  const given = handlers.map(({ queue }) => queue.name)
  const faults = wanted.flatMap((name) => {
    const times = given.filter((other) => other === name).length
    if (times === 1) return []
    return [times === 0 ? `${name} has no handler` : `${name} has ${times} handlers`]
  })
  const strangers = given.filter((name) => !wanted.includes(name))
  faults.push(...strangers.map((name) => `${name} is not a queue of this service`))
  if (faults.length > 0) throw new QueueError('QUEUE_MISCONFIGURED', faults.join('; '))
}
