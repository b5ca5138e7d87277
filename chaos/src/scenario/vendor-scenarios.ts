// Vendors do what vendors do: refuse, fall silent, accept and hang up, come and go, or are all away past the expiry.

import { setTimeout as pause } from 'node:timers/promises'
import { runLoad } from '../load/run-load.ts'
import { plan, type Scenario, type Stage, under } from './scenario.ts'
import { type Fault, script, unscript } from './vendor-script.ts'

const PROVIDERS = ['sendgrid', 'twilio', 'gateway'] as const
const FIRST = ['sendgrid', 'twilio'] as const
const LOAD = { count: 12, over: 1_500 }
const LIFETIME_MS = 4_000

export const vendorScenarios: readonly Scenario[] = [
  {
    name: 'first vendors answer 503 to every other call',
    run: (stage) => spoiled(stage, { mode: 'status', status: 503, share: 0.5 }),
  },
  {
    name: 'first vendors reset before the request',
    run: (stage) => spoiled(stage, { mode: 'reset_before', times: 4 }),
  },
  {
    name: 'vendors accept, then hang up',
    run: (stage) => spoiled(stage, { mode: 'accept_then_reset', times: 2, method: 'POST' }),
  },
  {
    name: 'vendors answer nonsense',
    run: (stage) => spoiled(stage, { mode: 'bad_body', times: 2, method: 'POST' }),
  },
  { name: 'vendors answer 429', run: (stage) => spoiled(stage, { mode: 'status', status: 429, times: 5 }) },
  { name: 'all vendors away past the expiry', run: awayPastExpiry },
]

async function spoiled(stage: Stage, fault: Fault): Promise<void> {
  const { house } = stage
  await script(house, FIRST, fault)
  await under(stage, LOAD, () => pause(LOAD.over + 500))
  await unscript(house)
}

/** Nothing goes out, and what is promised lives for seconds only: it expires, and nothing is sent late. */
async function awayPastExpiry(stage: Stage): Promise<void> {
  const { house, number } = stage
  await script(house, PROVIDERS, { mode: 'status', status: 503 })
  const wishes = plan(stage, LOAD).map((wish) => ({ ...wish, fate: 'left' as const, later: null }))
  await runLoad(house, wishes)
  const ids = house.intents.flatMap(({ scenario, answer }) => (scenario === number && answer ? [answer] : []))
  const { admin } = house.parts
  const end = `now() + interval '${LIFETIME_MS} ms'`
  // One statement: a challenge that expires before its delivery would be called off instead.
  await admin.query(
    `WITH over AS (UPDATE challenges SET expires_at = ${end} WHERE id = ANY ($1))
     UPDATE deliveries SET expires_at = ${end}, due_at = least(due_at, ${end})
      WHERE id = ANY ($2) AND status IN ('scheduled', 'pending', 'queued', 'sending')`,
    [ids.flatMap(({ id }) => id || []), ids.map(({ deliveryId }) => deliveryId)],
  )
  await pause(LIFETIME_MS)
  await unscript(house)
}
