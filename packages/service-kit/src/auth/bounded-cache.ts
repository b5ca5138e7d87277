// A cache that cannot grow beyond its bound and never answers what is older than its time to live.

export class BoundedCache<V> {
  readonly #entries = new Map<string, { value: V; storedAt: number }>()
  readonly #max: number
  readonly #ttlMs: number

  /** At most `max` entries, each for `ttlMs` milliseconds. */
  constructor(max: number, ttlMs: number) {
    this.#max = max
    this.#ttlMs = ttlMs
  }

  /** `now` in milliseconds, of the clock that `set` used. */
  get(key: string, now: number): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    const age = now - entry.storedAt
    // A clock that was set back ends the entry too.
    if (age >= 0 && age < this.#ttlMs) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  /** Stores; the oldest entry gives way when the cache is full. */
  set(key: string, value: V, now: number): void {
    this.#entries.delete(key)
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < this.#max) break
      this.#entries.delete(oldest)
    }
    this.#entries.set(key, { value, storedAt: now })
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  deleteWhere(matches: (value: V) => boolean): void {
    for (const [key, { value }] of this.#entries) if (matches(value)) this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  get size(): number {
    return this.#entries.size
  }
}
