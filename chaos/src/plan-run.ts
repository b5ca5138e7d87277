// What a run acts out, by its options. What cannot be meant is refused before anything is raised: a run that tried nothing
// would say that all of it held.

import { parseArgs } from 'node:util'
import type { QueueKind } from './house/chaos-house.ts'
import { everyScenario, scenariosOf } from './scenario/catalog.ts'
import type { Scenario } from './scenario/scenario.ts'
import { seeded } from './seeded.ts'

export interface RunPlan {
  readonly seed: string
  readonly backends: readonly { readonly queue: QueueKind; readonly scenarios: readonly Scenario[] }[]
  readonly restarts: number
}

/** @throws Error with what is wrong with the options, as one line for whoever gave them */
export function planRun(args: string[]): RunPlan {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string', default: '1' },
      // Every scenario once on each backend.
      scenarios: { type: 'string' },
      only: { type: 'string', default: '' },
      restarts: { type: 'string', default: '0' },
    },
  })
  const { seed, only } = values
  const count = values.scenarios === undefined ? undefined : whole('scenarios', values.scenarios)
  const restarts = whole('restarts', values.restarts)
  const half = (queue: QueueKind, share: number | undefined) => {
    const random = seeded(`${seed} ${queue}`)
    const every = () => everyScenario(queue, random).filter(({ name }) => name.includes(only))
    return {
      queue,
      scenarios: share === undefined ? every() : scenariosOf(queue, random, { count: share, only }),
    }
  }
  const onRedis = count === undefined ? undefined : Math.ceil(count / 2)
  const onPostgres = count === undefined ? undefined : Math.floor(count / 2)
  const backends = [half('redis', onRedis), half('postgres', onPostgres)]
  const isEmpty = backends.every(({ scenarios }) => scenarios.length === 0)
  if (isEmpty && count !== 0) throw new Error(`no scenario's name holds "${only}"`)
  if (isEmpty && restarts === 0) throw new Error('nothing would be tried: no scenarios and no restarts')
  return { seed, backends, restarts }
}

/** Anything else would be counted up to for ever, or never begin. */
function whole(name: string, text: string): number {
  if (!/^[0-9]{1,6}$/.test(text)) throw new Error(`--${name} must be a whole number`)
  return Number(text)
}
