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
