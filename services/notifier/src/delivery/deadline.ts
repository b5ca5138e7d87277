// A time limit that is taken back. `AbortSignal.timeout` ticks on after the answer and makes its error all the same, which
// costs a busy worker more than the signal that it really uses.

export interface Deadline {
  readonly signal: AbortSignal
  /** Nobody waits any more. */
  release(): void
}

export function deadlineIn(ms: number): Deadline {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), ms).unref()
  return { signal: controller.signal, release: () => clearTimeout(timer) }
}
