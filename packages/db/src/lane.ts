// Who may share a transaction, and when it leaves. On an idle machine nobody waits: the first leaves at once, and those
// who come while it is under way gather for the next. A group is bounded, and so is the wait for it.

import type { CompiledQuery, RawBuilder } from 'kysely'
import type { Pool, PoolClient } from 'pg'
import { type Arrival, travel } from './one-trip.ts'
import { answersOf, boundTo, lockOrder, type Rider, type SetStatement } from './set-statement.ts'
import type { TenantScope } from './tenant-scope.ts'

/** Riders of one transaction at most. */
const MOST = 64
/** Whoever has waited this long for the trips of others leaves by another connection. */
const PATIENCE_MS = 25
/** Of a group that failed, so many are tried at a time. */
const APART = 4

interface Seat extends Rider<unknown> {
  readonly keys: readonly string[]
  /** Counts up: who came before whom. */
  readonly place: number
  waitedMs: number
  readonly resolve: (row: unknown) => void
  readonly reject: (error: unknown) => void
}

/** As many as could be waited for change the same thing: the client hears 503. */
class TurnError extends Error {
  override readonly name = 'TurnError'
  /** lock_not_available, as if the wait had been Postgres' */
  readonly code = '55P03'
}

export interface Route {
  readonly pool: Pool
  readonly compile: (query: RawBuilder<unknown>) => CompiledQuery
  readonly statement: SetStatement<unknown, unknown>
}

/** Where inputs of one statement, tenant and actor gather. */
export class Lane {
  readonly #route: Route
  readonly #scope: TenantScope
  /** Called when nobody is left. */
  readonly #close: () => void
  /** How long a request waits for a connection, or here for its turn. */
  readonly #mostMs: number
  #waiting: Seat[] = []
  #places = 0
  /** Of those under way. */
  readonly #keys = new Set<string>()
  #trips = 0
  /** A trip that waits for its connection takes along who is there when it comes: a second one would find nobody. */
  #boarding = false
  /** A trip leaves at the end of this turn of the event loop. */
  #turn = false
  #watch: NodeJS.Timeout | undefined

  constructor(route: Route, { tenantId, actor }: TenantScope, close: () => void) {
    this.#route = route
    this.#scope = { tenantId, actor, requestId: null, traceparent: null }
    this.#close = close
    this.#mostMs = route.pool.options.connectionTimeoutMillis || Number.POSITIVE_INFINITY
  }

  join({ requestId, traceparent }: TenantScope, input: unknown, keys: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const place = this.#places++
      this.#waiting.push({ input, requestId, traceparent, keys, place, waitedMs: 0, resolve, reject })
      this.#depart()
    })
  }

  /** At once; or, where nobody is in a hurry, with all whom this turn of the event loop brings. */
  #depart(): void {
    if (this.#turn) return
    if (!this.#route.statement.isPatient) {
      this.#leave()
      return
    }
    this.#turn = true
    setImmediate(() => {
      this.#turn = false
      this.#leave()
    })
  }

  /** Begins a trip where none is under way, a full one is together, or somebody has waited enough. */
  #leave(impatient = false): void {
    const { length } = this.#waiting
    if (this.#boarding || length === 0) return
    const due = impatient || this.#trips === 0 || length >= MOST
    if (due && this.#waiting.some((seat) => this.#mayRide(seat))) void this.#trip()
    else this.#watch ??= setTimeout(() => this.#look(), PATIENCE_MS)
  }

  #arrive(seats: readonly Seat[]): void {
    this.#trips--
    this.#free(seats)
    this.#depart()
    if (this.#trips > 0 || this.#waiting.length > 0) return
    clearTimeout(this.#watch)
    this.#close()
  }

  #look(): void {
    this.#watch = undefined
    for (const seat of this.#waiting) seat.waitedMs += PATIENCE_MS
    this.#turnAway((seat) => seat.waitedMs > this.#mostMs, new TurnError('too many change the same thing'))
    this.#leave(true)
  }

  #mayRide = (seat: Seat): boolean => seat.keys.every((key) => !this.#keys.has(key))

  async #trip(): Promise<void> {
    this.#trips++
    this.#boarding = true
    const asked = this.#places
    const client = await this.#route.pool.connect().catch((error: unknown) => ({ error }))
    this.#boarding = false
    if ('error' in client) {
      this.#turnAway((seat) => seat.place < asked, client.error)
      return this.#arrive([])
    }
    const seats = this.#board()
    if (seats.length === 0) {
      client.release()
      return this.#arrive([])
    }
    this.#leave()
    const arrival = await this.#ride(seats, client)
    const apart = arrival.kind === 'undone' && seats.length > 1
    if (apart) await this.#rideApart(seats)
    this.#arrive(apart ? [] : seats)
    if (apart) return
    // The next trip leaves before these are answered: Postgres works while this process writes answers. Its connection comes
    // on a later tick, after all that these answers would start if they were told now.
    if (this.#boarding) setImmediate(() => tell(seats, arrival))
    else tell(seats, arrival)
  }

  /** Takes who may ride, oldest first: nobody who shares a key with a neighbour or with somebody under way. */
  #board(): Seat[] {
    const seats: Seat[] = []
    this.#waiting = this.#waiting.filter((seat) => {
      if (seats.length === MOST || !this.#mayRide(seat)) return true
      for (const key of seat.keys) this.#keys.add(key)
      seats.push(seat)
      return false
    })
    return seats
  }

  async #ride(seats: readonly Seat[], client?: PoolClient): Promise<Arrival> {
    const { pool, statement, compile } = this.#route
    let query: CompiledQuery
    try {
      query = boundTo(statement, seats, this.#scope.tenantId, compile)
    } catch (error) {
      client?.release()
      return { kind: 'undone', error }
    }
    const locks = statement.locks ? lockOrder(seats.flatMap((seat) => seat.keys)) : []
    const departure = { scope: this.#scope, locks, hasty: seats.length > 1 }
    return travel(pool, departure, query, client).catch((error) => ({ kind: 'unclear', error }))
  }

  async #rideApart(seats: readonly Seat[]): Promise<void> {
    const left = seats.values()
    const some = async () => {
      for (const seat of left) {
        const arrival = await this.#ride([seat])
        this.#free([seat])
        tell([seat], arrival)
      }
    }
    await Promise.all(Array.from({ length: APART }, some))
  }

  #free(seats: readonly Seat[]): void {
    for (const { keys } of seats) for (const key of keys) this.#keys.delete(key)
  }

  #turnAway(whom: (seat: Seat) => boolean, error: unknown): void {
    const away = this.#waiting.filter(whom)
    this.#waiting = this.#waiting.filter((seat) => !whom(seat))
    for (const { reject } of away) reject(error)
  }
}

function tell(seats: readonly Seat[], arrival: Arrival): void {
  try {
    if (arrival.kind !== 'committed') throw arrival.error
    const answers = answersOf(arrival.rows as { n: number }[], seats.length)
    seats.forEach(({ resolve }, at) => void resolve(answers[at]))
  } catch (error) {
    for (const { reject } of seats) reject(error)
  }
}
