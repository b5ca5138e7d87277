// A process that is to die at a kill point. It works on one mail and one SMS at a time, so that what its death may double
// can be counted.

import type { SingleProcess } from '@postern/e2e/single-process'
import type { KillPoint } from '@postern/service-kit/failpoint'
import type { ChaosHouse } from './chaos-house.ts'

export interface Doomed {
  readonly process: SingleProcess
  /** Settles when it has died. @throws when it ended in any other way */
  readonly died: Promise<void>
  alive(): boolean
}

const ONE_AT_A_TIME = { POSTERN_NOTIFIER_EMAIL_CONCURRENCY: '1', POSTERN_NOTIFIER_SMS_CONCURRENCY: '1' }

export async function startDoomed(
  house: ChaosHouse,
  service: 'gateway' | 'notifier',
  point: KillPoint,
): Promise<Doomed> {
  const env = { POSTERN_FAILPOINT: `${point}:kill`, ...(service === 'notifier' && ONE_AT_A_TIME) }
  const process = await house.startAnother(service, env)
  const died = process.gone.then((how) => {
    house.disturbances.push({ kind: 'kill', service, point, at: Date.now() })
    if (how !== 'SIGKILL') throw new Error(`the ${service} with ${point} ended with ${how}: ${process.log()}`)
  })
  // Whoever waits for it hears of it; meanwhile it is nobody's.
  died.catch(() => undefined)
  await process.listening().catch(() => died)
  return { process, died, alive: () => process.running() }
}
