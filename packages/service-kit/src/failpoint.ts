// Places at which a test kills this process, named as in docs/chaos.md: between what was done and what comes next.
// A run outside of production may name one (POSTERN_FAILPOINT); everywhere else reaching one does nothing.

/**
 * Gateway: K1 all is written, not committed · K2 committed, not answered · K10 a receipt is verified, not committed ·
 * K11 a receipt is committed, not answered.
 * Relay: K3 deliveries are marked as queued, not added to the queue · K4 they are added, and nothing came after.
 * Notifier: K5 the worker has the job · K6 the attempt is recorded, the request not written · K7 the request is written,
 * the answer not read · K8 the answer is read, the outcome not recorded · K9 the outcome is recorded, the job not completed.
 */
export type KillPoint = 'K1' | 'K2' | 'K3' | 'K4' | 'K5' | 'K6' | 'K7' | 'K8' | 'K9' | 'K10' | 'K11'

export type Failpoint = (reached: KillPoint) => void

export const noFailpoint: Failpoint = () => undefined

/** Kills when `point` is reached; other services' points are never reached here. */
export function killAt(point: string, kill: () => void): Failpoint {
  return (reached) => {
    if (reached === point) kill()
  }
}

/** @param setting `K7:kill`: this process ends at K7 as if by SIGKILL; undefined: nothing ever happens */
export function failpointOf(setting: string | undefined): Failpoint {
  const [point] = setting?.split(':') ?? []
  return point === undefined ? noFailpoint : killAt(point, () => process.kill(process.pid, 'SIGKILL'))
}
