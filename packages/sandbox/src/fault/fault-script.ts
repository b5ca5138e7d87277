// The faults that wait for a provider's next calls, first scripted, first acted out.
// Drawing is synchronous: among any number of calls at once exactly `times` draw the fault.

import type { Random } from '../random.ts'
import type { Fault } from './fault.ts'

export interface ScriptedFault extends Fault {
  readonly id: string
  /** Calls it will still spoil; null: until the script is cleared. */
  readonly remaining: number | null
}

/** More scripts than this are a runaway loop, not a test. */
export const MAX_SCRIPTED_FAULTS = 10_000

export class FaultScript {
  readonly #random: Random
  #scripted: { id: string; fault: Fault; remaining: number | null }[] = []

  constructor(random: Random) {
    this.#random = random
  }

  /** The scripted fault; null when the script is full. */
  add(fault: Fault): ScriptedFault | null {
    if (this.#scripted.length >= MAX_SCRIPTED_FAULTS) return null
    const remaining = fault.times ?? null
    const id = this.#random.uuid()
    this.#scripted.push({ id, fault, remaining })
    return { id, ...fault, remaining }
  }

  list(): ScriptedFault[] {
    return this.#scripted.map(({ id, fault, remaining }) => ({ id, ...fault, remaining }))
  }

  /** Drops every script and tells how many there were; calls that already hang are left hanging. */
  clear(): number {
    const dropped = this.#scripted.length
    this.#scripted = []
    return dropped
  }

  /** The fault for this provider's next call, counted down; null when there is none. Mail has no `method`. */
  draw(provider: string, method?: string): Fault | null {
    const isFor = (fault: Fault) =>
      fault.provider === provider && (fault.method === undefined || fault.method === method)
    const place = this.#scripted.findIndex(({ fault }) => isFor(fault) && this.#hits(fault))
    const entry = this.#scripted[place]
    if (entry === undefined) return null
    if (entry.remaining !== null) {
      entry.remaining -= 1
      if (entry.remaining === 0) this.#scripted.splice(place, 1)
    }
    return entry.fault
  }

  #hits({ chance = 1 }: Fault): boolean {
    return chance === 1 || this.#random.bytes(4).readUInt32BE() / 2 ** 32 < chance
  }
}
