// Tells the vendors' stand-in what to do wrong, by its own API.

import type { ChaosHouse } from '../house/chaos-house.ts'

export type Fault = Readonly<Record<string, string | number>>

export async function script(house: ChaosHouse, providers: readonly string[], fault: Fault): Promise<void> {
  for (const provider of providers) {
    await ask(house, { method: 'POST', body: JSON.stringify({ provider, ...fault }) })
  }
}

/** All of it works again. */
export const unscript = (house: ChaosHouse): Promise<void> => ask(house, { method: 'DELETE' })

async function ask(
  { parts }: ChaosHouse,
  { method, body }: { method: string; body?: string },
): Promise<void> {
  const headers = { connection: 'close', ...(body !== undefined && { 'content-type': 'application/json' }) }
  const answer = await fetch(`${parts.dev.sandbox}/faults`, { method, headers, body: body ?? null })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`the sandbox takes no fault: ${answer.status} ${text}`)
}

interface Sent {
  readonly marker: { readonly delivery_id: string } | null
  readonly message_id: string | null
  readonly accepted: boolean
}

/** Vendors tell that these were delivered, twice each, and out of order that they were sent. Some of it may go unanswered. */
export async function tellReceipts({ parts }: ChaosHouse, deliveries: readonly string[]): Promise<void> {
  const calls = await fetch(`${parts.dev.sandbox}/calls`, { headers: { connection: 'close' } })
  const sent = ((await calls.json()) as Sent[]).filter(
    ({ marker, accepted }) => accepted && deliveries.includes(marker?.delivery_id ?? ''),
  )
  const receipts = sent.flatMap(({ message_id }) => [
    { message_id, status: 'delivered', times: 2 },
    { message_id, status: 'sent' },
  ])
  const answer = await fetch(`${parts.dev.sandbox}/receipts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ receipts, shuffle: true }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`the sandbox tells no receipts: ${answer.status} ${text}`)
}
