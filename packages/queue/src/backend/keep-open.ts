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
  /** Stops building and hands over what is open, ready or not, to be closed. */
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
  /** From its building on: a worker may take its first job before it says that it is ready. */
  let held: T | undefined
  let ready = false
  let wake: (() => void) | undefined
  const take = () => {
    const thing = held
    held = undefined
    ready = false
    return thing
  }
  const discard = (thing: T | undefined) => {
    if (thing !== undefined) options.discard(thing).catch(() => undefined)
  }

  /** Whether one was built and is ready. */
  async function build(): Promise<boolean> {
    if (!(await isUsable(options.connection, signal))) return false
    const thing = options.open()
    held = thing
    const became = await becomesReady(options, thing)
    // Whoever released it meanwhile closes it.
    if (held !== thing) return false
    ready = became
    if (!became) discard(take())
    return became
  }

  async function loop(): Promise<void> {
    while (!signal.aborted) {
      if (await build()) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      } else {
        await pause(TRY_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined)
      }
    }
  }
  // What is built here must not belong to the trace of whoever asked for it.
  void context.with(ROOT_CONTEXT, loop)

  return {
    current: () => (ready ? held : undefined),
    replace() {
      if (!ready) return
      discard(take())
      wake?.()
    },
    release() {
      ended.abort()
      wake?.()
      return take()
    },
  }
}

async function isUsable({ backend, outage }: QueueConnection, signal: AbortSignal): Promise<boolean> {
  const { usable, state } = await backend.probe()
  if (!usable && !state.ok) outage.failed(state.reason)
  return usable && !signal.aborted
}

async function becomesReady<T>({ connection, ready }: KeepOptions<T>, thing: T): Promise<boolean> {
  try {
    await within(READY_MS, 'queue_ready', ready(thing))
    connection.outage.worked()
    return true
  } catch (error) {
    connection.outage.failed(failureCode(error))
    return false
  }
}
