// Places at which a test kills this process, named as in docs: between what was done and what comes next.
// A run outside of production may name one (POSTERN_FAILPOINT); everywhere else reaching one does nothing.

/**
 * K5 the worker has the job · K6 the attempt is recorded, the request not written · K7 the request is written, the answer
 * not read · K8 the answer is read, the outcome not recorded · K9 the outcome is recorded, the job not completed
 */
export type KillPoint = 'K5' | 'K6' | 'K7' | 'K8' | 'K9'

export type Failpoint = (reached: KillPoint) => void

export const noFailpoint: Failpoint = () => undefined

/** Kills when `point` is reached; other services' points (K1 …) are never reached here. */
export function killAt(point: string, kill: () => void): Failpoint {
  return (reached) => {
    if (reached === point) kill()
  }
}
