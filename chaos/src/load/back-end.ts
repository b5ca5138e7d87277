// A tenant's back end as the contract wants it: it asks with an Idempotency-Key, and asks again until it is answered.

import { setTimeout as pause } from 'node:timers/promises'
import type { IssuedChallenge } from '@postern/contracts/http/challenge'
import type { DeliverySummary } from '@postern/contracts/http/delivery'
import type { Answer } from '@postern/e2e/postern.client'
import { type ChaosHouse, clientAt } from '../house/chaos-house.ts'
import type { Intent } from '../oracle/evidence.ts'
import type { Wish } from './plan-load.ts'

const PATIENCE_MS = 60_000
const AGAIN_MS = 200

/** Asks until it is promised or refused. @param via the gateway that is asked first */
export async function ask(
  house: ChaosHouse,
  wish: Pick<Wish, 'intent' | 'later'>,
  via?: string,
): Promise<void> {
  const { intent, later } = wish
  house.intents.push(intent)
  const sendAt: { send_at?: string } = later === null ? {} : { send_at: inSeconds(later) }
  // A key of this run's own: the same seed may be run twice on one house.
  const headers = { 'idempotency-key': `chaos-${intent.key}` }
  const request = { method: 'POST', ...wanted(intent, sendAt), headers }
  const answer = await untilAnswered<Promised>(house, intent, request, via)
  if (answer?.status === 202) {
    const { id, delivery } = answer.body.data
    intent.answer = delivery === undefined ? { id: '', deliveryId: id } : { id, deliveryId: delivery.id }
    intent.notBefore = sendAt.send_at === undefined ? null : Date.parse(sendAt.send_at)
  } else intent.refusal = answer?.body.error?.code ?? null
}

type Promised = IssuedChallenge | (DeliverySummary & { readonly delivery?: undefined })

function wanted({ kind, channel, to, key }: Intent, sendAt: object): { path: string; body: object } {
  if (kind === 'link') return { path: '/v1/magic-links', body: { email: to, ...sendAt } }
  if (kind === 'code') return { path: '/v1/otps', body: { channel, to, ...sendAt } }
  const variables = { title: 'For you', body: `Notice ${key}` }
  return { path: '/v1/deliveries', body: { channel, to, template: 'notice', variables, ...sendAt } }
}

export const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString()

interface Request {
  readonly method: string
  readonly path: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

/** Repeats what was not answered, and what was to be asked again. null: nobody ever answered. */
export async function untilAnswered<T = unknown>(
  house: ChaosHouse,
  intent: Pick<Intent, 'tenant'>,
  request: Request,
  via?: string,
): Promise<Answer<T> | null> {
  const tenant = house.tenants.find(({ id }) => id === intent.tenant) ?? house.tenants[0]
  const began = performance.now()
  for (let tries = 0; performance.now() - began < PATIENCE_MS; tries += 1) {
    const places = via !== undefined && tries === 0 ? [via] : house.gateways
    const gateway = places[tries % places.length] ?? ''
    const { method, path, ...rest } = request
    const answer = await clientAt(house, gateway, tenant)
      .call<T>(method, `${gateway}${path}`, rest)
      .catch(() => null)
    if (answer?.status === 500) house.internalErrors += 1
    if (answer !== null && !isForLater(answer)) return answer
    await pause(AGAIN_MS)
  }
  return null
}

const isForLater = ({ status, body }: Answer): boolean =>
  status >= 500 || body.error?.code === 'IDEMPOTENCY_IN_PROGRESS'
