// Rolling restarts of every notifier while messages go out: each is told to end in the middle of its calls, and another
// takes its place. Nothing may be lost or sent twice, and none may take longer to end than it was given.

import { setTimeout as pause } from 'node:timers/promises'
import type { SingleProcess } from '@postern/e2e/single-process'
import { type ChaosHouse, type QueueKind, raiseChaosHouse } from './house/chaos-house.ts'
import type { Scope } from './house/scope.ts'
import { watchStalls } from './house/stalls.ts'
import { planLoad } from './load/plan-load.ts'
import { runLoad } from './load/run-load.ts'
import { collectEvidence } from './oracle/collect-evidence.ts'
import type { Evidence } from './oracle/evidence.ts'
import { filesOf } from './oracle/file.ts'
import { judge } from './oracle/judge.ts'
import { script } from './scenario/vendor-script.ts'
import { type Seeded, seeded } from './seeded.ts'

export interface RestartInput {
  readonly queue: QueueKind
  readonly seed: string
  /** Stops at whichever comes first. */
  readonly most: number
  readonly forMs: number
}

export interface RestartVerdict {
  readonly restarts: number
  readonly intents: number
  readonly slowestMs: number
  readonly faults: readonly string[]
}

/** Long enough that some call is always open. */
const CALL_MS = 150
const LOAD = { count: 5, over: 400 }
const ENDS_WITHIN_MS = 25_000

export async function rollRestarts(scope: Scope, input: RestartInput): Promise<RestartVerdict> {
  const house = await raiseChaosHouse(scope, input.queue)
  scope.teardown(watchStalls(house.disturbances))
  await script(house, ['sendgrid', 'twilio'], { mode: 'delay', delay_ms: CALL_MS })
  const load = { on: true }
  const loaded = keepLoading(house, seeded(`${input.seed} restarts`), load)
  const ends = await roll(house, input)
  load.on = false
  await loaded
  const evidence = await collectEvidence(house)
  const slowestMs = Math.round(Math.max(0, ...ends.map(({ ms }) => ms)))
  const faults = [...ends.flatMap(faultOf), ...faultsOf(evidence)]
  return { restarts: ends.length, intents: evidence.intents.length, slowestMs, faults }
}

async function keepLoading(house: ChaosHouse, random: Seeded, load: { on: boolean }): Promise<void> {
  while (load.on) {
    const wishes = planLoad({ random, scenario: 0, tenants: house.tenants, ...LOAD })
    await runLoad(
      house,
      wishes.map((wish) => ({ ...wish, fate: 'left', later: null })),
    )
  }
}

interface End {
  readonly how: number | NodeJS.Signals
  readonly ms: number
}

async function roll(house: ChaosHouse, { most, forMs }: RestartInput): Promise<End[]> {
  const began = performance.now()
  const ends: End[] = []
  const running = [house.notifier, await listening(house)]
  while (ends.length < most && performance.now() - began < forMs) {
    const [leaving] = running.splice(0, 1)
    if (leaving === undefined) break
    const [end, next] = await Promise.all([told(leaving), listening(house)])
    ends.push(end)
    running.push(next)
    // What it took just now is in the middle of its call.
    await pause(CALL_MS)
  }
  return ends
}

async function listening(house: ChaosHouse): Promise<SingleProcess> {
  const notifier = await house.startAnother('notifier')
  await notifier.listening()
  return notifier
}

async function told(leaving: SingleProcess): Promise<End> {
  const began = performance.now()
  await leaving.end('SIGTERM')
  return { how: await leaving.gone, ms: performance.now() - began }
}

const faultOf = ({ how, ms }: End): string[] =>
  how === 0 && ms <= ENDS_WITHIN_MS ? [] : [`one ended with ${how} after ${Math.round(ms)} ms`]

/** Beside what the oracle wants: each went out, once. */
function faultsOf(evidence: Evidence): string[] {
  const once = filesOf(evidence).flatMap(({ intent, delivery, calls }) =>
    delivery?.status === 'accepted' && calls.length === 1
      ? []
      : [`${intent.key} is ${delivery?.status}, after ${calls.length} calls`],
  )
  const asked = evidence.intents.filter(({ answer }) => answer === null)
  const judged = judge(evidence).map(({ rule, what }) => `${rule}: ${what}`)
  return [...once, ...asked.map(({ key }) => `${key} was never promised`), ...judged]
}
