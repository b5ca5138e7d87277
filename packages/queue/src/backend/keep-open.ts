// Keeps one thing (a queue, a worker) open over a backend that may be away when we start: it is built only after the
// backend answered, built again when it does not become ready, and replaced when its holder finds it broken.

import { setTimeout as pause } from 'node:timers/promises'
import { context, ROOT_CONTEXT } from '@opentelemetry/api'
import type { QueueConnection } from '../connection.ts'
import { failureCode } from '../queue-error.ts'
import { within } from '../within.ts'

export interface Kept<T> {
  current(): T | undefined
  /** Discards the current one and builds another. */
  replace(): void
  /** Stops building and hands the current one over to be closed. */
  release(): T | undefined
}

export interface KeepOptions<T> {
  readonly connection: QueueConnection
  open(): T
  ready(thing: T): Promise<void>
  /** Ends a thing that nobody needs any more. May hang or throw. */
  discard(thing: T): Promise<void>
}

const TRY_EVERY_MS = 250
const READY_MS = 5_000

export function keepOpen<T extends object>(options: KeepOptions<T>): Kept<T> {
  const ended = new AbortController()
  const { signal } = ended
  let current: T | undefined
  let wake: (() => void) | undefined
  const discard = (thing: T) => void options.discard(thing).catch(() => undefined)

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      const thing = await tryOpen(options)
      if (thing === undefined) {
        await pause(TRY_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined)
      } else if (signal.aborted) {
        discard(thing)
      } else {
        current = thing
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  }
  // What is built here must not belong to the trace of whoever asked for it.
  void context.with(ROOT_CONTEXT, loop)

  const take = () => {
    const thing = current
    current = undefined
    return thing
  }
  return {
    current: () => current,
    replace() {
      const thing = take()
      if (thing !== undefined) discard(thing)
      wake?.()
    },
    release() {
      ended.abort()
      wake?.()
      return take()
    },
  }
}

async function tryOpen<T>({ connection, open, ready, discard }: KeepOptions<T>): Promise<T | undefined> {
  const { usable, state } = await connection.backend.probe()
  if (!usable) {
    if (!state.ok) connection.outage.failed(state.reason)
    return undefined
  }
  const thing = open()
  try {
    await within(READY_MS, 'queue_ready', ready(thing))
    connection.outage.worked()
    return thing
  } catch (error) {
    connection.outage.failed(failureCode(error))
    discard(thing).catch(() => undefined)
    return undefined
  }
}
