// A bounded number of connections to one server, and a short wait for one: who waits longer leaves the rest of the call's time
// to somebody else, because a call that is cut short may have been heard.

import { bulkhead } from 'cockatiel'

export interface PlacesOptions {
  readonly most: number
  readonly patienceMs: number
}

/** @returns runs work in a place of its own; undefined when none became free in time, and the work is never begun then */
export function connectionPlaces({ most, patienceMs }: PlacesOptions) {
  const places = bulkhead(most, Number.POSITIVE_INFINITY)
  return <R>(work: () => Promise<R>): Promise<R | undefined> => {
    const { promise: gone, resolve: leave } = Promise.withResolvers<undefined>()
    let hasLeft = false
    const patience = setTimeout(() => {
      hasLeft = true
      leave(undefined)
    }, patienceMs)
    const placed = places.execute(async () => {
      clearTimeout(patience)
      return hasLeft ? undefined : work()
    })
    return Promise.race([placed, gone])
  }
}
