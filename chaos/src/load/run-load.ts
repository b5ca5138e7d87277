// Lets clients ask for what was planned, each in its time, and what follows go on beside.

import { setTimeout as pause } from 'node:timers/promises'
import type { ChaosHouse } from '../house/chaos-house.ts'
import { ask, inSeconds, untilAnswered } from './back-end.ts'
import { guess, prove } from './person.ts'
import { newIntent, type Wish } from './plan-load.ts'

/** Settles when each was promised or refused. @param via the gateway that is asked first */
export async function runLoad(house: ChaosHouse, wishes: readonly Wish[], via?: string): Promise<void> {
  await Promise.all(
    wishes.map(async (wish) => {
      await pause(wish.after)
      await ask(house, wish, via)
      house.background.push(follow(house, wish))
    }),
  )
}

async function follow(house: ChaosHouse, { intent, fate }: Wish): Promise<void> {
  if (intent.answer === null) return
  if (fate === 'proven') await prove(house, intent)
  if (fate === 'guessed') await guess(house, intent)
  if (fate === 'revoked') {
    const path = `${intent.kind === 'link' ? '/v1/magic-links' : '/v1/otps'}/${intent.answer.id}`
    const answer = await untilAnswered(house, intent, { method: 'DELETE', path })
    intent.revoked = answer?.status === 200
  }
  const delivery = `/v1/deliveries/${intent.answer.deliveryId}`
  if (fate === 'cancelled') {
    const answer = await untilAnswered(house, intent, { method: 'DELETE', path: delivery })
    intent.cancelled = answer?.status === 200
  }
  if (fate === 'moved') {
    const body = { send_at: inSeconds(5) }
    const answer = await untilAnswered(house, intent, { method: 'PATCH', path: delivery, body })
    if (answer?.status === 200) intent.notBefore = Date.parse(body.send_at)
  }
  if (fate === 'replaced') {
    const { scenario, kind, channel, to } = intent
    const tenant = house.tenants.find(({ id }) => id === intent.tenant) ?? house.tenants[0]
    await ask(house, { intent: newIntent({ scenario, kind, channel, to, tenant }), later: null })
  }
}
