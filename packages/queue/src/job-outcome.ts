// How a handler answers. There is no "retry": Postgres drives again what did not end, so no queue retries by itself.

export type JobOutcome =
  | { readonly kind: 'done' }
  /** Nothing to do: somebody else did it, or it is over. Not a fault. */
  | { readonly kind: 'skipped'; readonly reason: string }
  /** Not done, and looked into: the job is kept as failed under `reason`. */
  | { readonly kind: 'failed'; readonly reason: string }

export const done: JobOutcome = { kind: 'done' }
export const skipped = (reason: string): JobOutcome => ({ kind: 'skipped', reason })
export const failed = (reason: string): JobOutcome => ({ kind: 'failed', reason })

/** Of a job's parts: failed where one is, skipped where all are. The first reason stands for the others. */
export function joined(outcomes: readonly JobOutcome[]): JobOutcome {
  const first = (kind: JobOutcome['kind']) => outcomes.find((outcome) => outcome.kind === kind)
  return first('failed') ?? first('done') ?? first('skipped') ?? done
}

/** What fails a job. Its text reaches the queue's storage and the trace, so it is a code and never a cause. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure'

  constructor(reason: string) {
    super(reasonCode(reason))
    this.stack = `JobFailure: ${this.message}`
  }
}

/** `reason` when it is a plain code (lower case, digits, `_`, `.`), so that no sentence with data in it gets through. */
export function reasonCode(reason: string): string {
  return /^[a-z][a-z0-9_.]{0,63}$/.test(reason) ? reason : 'reason_withheld'
}
