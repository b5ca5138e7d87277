// A gateway and a notifier whose clocks are five minutes off: what expires when is the database's to say.

import type { SingleProcess } from '@postern/e2e/single-process'
import { until } from '@postern/testkit/poll'
import { runLoad } from '../load/run-load.ts'
import { plan, type Scenario, type Stage } from './scenario.ts'

const OFF_MS = 300_000
/** Of codes and of links, in seconds. */
const LIFETIMES: ReadonlySet<number> = new Set([300, 600])

export const clockScenarios: readonly Scenario[] = [
  { name: 'clocks five minutes ahead', run: (stage) => underClock(stage, OFF_MS) },
  { name: 'clocks five minutes behind', run: (stage) => underClock(stage, -OFF_MS) },
]

/** Loaded before anything else of the process. */
function skewedBy(ms: number): string {
  const script = `const Right = Date
    globalThis.Date = class extends Right {
      constructor(...given) { if (given.length > 0) super(...given); else super(Right.now() + ${ms}) }
      static now() { return Right.now() + ${ms} }
    }`
  return `data:text/javascript,${encodeURIComponent(script)}`
}

async function underClock(stage: Stage, ms: number): Promise<void> {
  const { house, number } = stage
  const env = { NODE_OPTIONS: `--import=${skewedBy(ms)}` }
  const skewed = await Promise.all([house.startAnother('gateway', env), house.startAnother('notifier', env)])
  const [gateway] = skewed
  await Promise.all(skewed.map((process) => process.listening()))
  refuseRightClock(gateway)
  // In order, so that each is on its way when the next is asked for; schedules are told by the client's clock.
  const wishes = plan(stage, { count: 12, over: 1_000 }).map((wish) => ({ ...wish, later: null }))
  await runLoad(house, wishes, gateway.url)
  const mine = house.intents.flatMap(({ scenario, answer }) =>
    scenario === number && answer?.id ? [answer.id] : [],
  )
  const lifetimes = await house.parts.admin.query<{ seconds: number }>(
    `SELECT DISTINCT round(extract(epoch FROM expires_at - due_at))::int AS seconds FROM challenges WHERE id = ANY ($1)`,
    [mine],
  )
  const odd = lifetimes.rows.filter(({ seconds }) => !LIFETIMES.has(seconds))
  if (odd.length > 0) throw new Error(`what was issued lives for ${odd.map(({ seconds }) => seconds)} s`)
  const waiting = `SELECT FROM deliveries WHERE challenge_id = ANY ($1) AND status IN ('pending', 'queued', 'sending')`
  const sent = async () => (await house.parts.admin.query(waiting, [mine])).rows.length === 0
  await until(sent, { deadlineMs: 30_000, everyMs: 100, what: 'nothing that waits' }).catch(() => undefined)
  await Promise.all(skewed.map((process) => process.end('SIGTERM')))
}

/** The clock of its log is its own. */
function refuseRightClock(process: SingleProcess): void {
  const line =
    process
      .log()
      .split('\n')
      .find((text) => text.includes('"msg":"ready"')) ?? '{}'
  const { time } = JSON.parse(line) as { time?: string | number }
  const off = Math.abs(new Date(time ?? Date.now()).getTime() - Date.now())
  if (off < OFF_MS / 2) throw new Error(`its clock is right: ${line}`)
}
