// Waits for something to become true: polls with a deadline, so that no test sleeps and none hangs.
// What was last seen is part of the failure, because "timed out" alone explains nothing.

export interface UntilOptions {
  /** How long to try, in milliseconds. */
  readonly deadlineMs: number
  /** Pause between two tries, in milliseconds; a tenth of what was waited so far unless told, 5 at least and 200 at most. */
  readonly everyMs?: number
  /** What is awaited, for the failure's text. */
  readonly what?: string
}

/** The deadline passed; the message says what was awaited and what was seen last. */
export class DeadlineError extends Error {
  override name = 'DeadlineError'
}

type Falsy = false | 0 | '' | null | undefined

/**
 * Calls `probe` until it answers something truthy and returns that. A probe that throws counts as "not yet".
 * @throws {DeadlineError} after `deadlineMs`, with the last answer or error.
 */
export async function until<T>(
  probe: () => T | Promise<T>,
  options: UntilOptions,
): Promise<Exclude<Awaited<T>, Falsy>> {
  const { deadlineMs, everyMs, what = 'the awaited state' } = options
  const began = performance.now()
  const end = began + deadlineMs
  for (;;) {
    const seen = await attempt(probe)
    if (seen.value) return seen.value as Exclude<Awaited<T>, Falsy>
    if (performance.now() >= end) {
      const last = seen.error === undefined ? describe(seen.value) : `error: ${describe(seen.error)}`
      throw new DeadlineError(`${what} was not seen within ${deadlineMs} ms; last ${last}`, {
        cause: seen.error,
      })
    }
    // Whoever waits long may well hear of it a little later: looking costs a processor that others need.
    await pause(everyMs ?? Math.min(Math.max((performance.now() - began) / 10, 5), 200))
  }
}

async function attempt<T>(probe: () => T | Promise<T>): Promise<{ value?: T; error?: unknown }> {
  try {
    return { value: await probe() }
  } catch (error) {
    return { error }
  }
}

function describe(seen: unknown): string {
  if (seen instanceof Error) return seen.message
  return typeof seen === 'string' ? seen : (JSON.stringify(seen) ?? String(seen))
}

/** The pause between two looks; nothing but a poll with a deadline may wait for time to pass. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
