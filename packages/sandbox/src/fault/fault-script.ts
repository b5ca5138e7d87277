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
  readonly #ids: Random
  readonly #streams = new Map<string, Random>()
  readonly #random: Random
  #scripted: { id: string; fault: Fault; remaining: number | null }[] = []

  constructor(random: Random) {
    this.#random = random
    this.#ids = random.stream('fault ids')
  }

  /** The scripted fault; null when the script is full. */
  add(fault: Fault): ScriptedFault | null {
    if (this.#scripted.length >= MAX_SCRIPTED_FAULTS) return null
    const remaining = fault.times ?? null
    const id = this.#ids.uuid()
    this.#scripted.push({ id, fault, remaining })
    return { id, ...fault, remaining }
  }

  list(): ScriptedFault[] {
    return this.#scripted.map(({ id, fault, remaining }) => ({ id, ...fault, remaining }))
  }

  /** Drops one script; false when it is not there, or spent. */
  remove(id: string): boolean {
    const place = this.#scripted.findIndex((entry) => entry.id === id)
    if (place >= 0) this.#scripted.splice(place, 1)
    return place >= 0
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

  /** Each vendor has draws of its own: what is hit follows from the seed and the vendor's own calls, not from others'. */
  #hits({ provider, share = 1 }: Fault): boolean {
    if (share === 1) return true
    const stream = this.#streams.get(provider) ?? this.#random.stream(`faults of ${provider}`)
    this.#streams.set(provider, stream)
    return stream.bytes(4).readUInt32BE() / 2 ** 32 < share
  }
}
