// Finds a worker that says it runs and takes nothing. It has happened to BullMQ more than once (its issues 4479 and
// 4585), without any error: so what counts is whether waiting jobs get begun, not what the worker says of itself.

export interface Look {
  /** Jobs wait in the queue. */
  readonly waiting: boolean
  /** The worker could take one more. */
  readonly free: boolean
  /** How many jobs it has begun so far. */
  readonly begun: number
}

/** Answers true after `looks` looks in a row at a free worker that began nothing while jobs waited. */
export function stuckWatch(looks = 4): (look: Look) => boolean {
  let inRow = 0
  let begunBefore = -1
  return ({ waiting, free, begun }) => {
    inRow = waiting && free && begun === begunBefore ? inRow + 1 : 0
    begunBefore = begun
    if (inRow < looks) return false
    inRow = 0
    return true
  }
}
