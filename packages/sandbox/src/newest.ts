// A list that keeps the newest entries and never grows beyond its bounds, in number and in weight.

export interface NewestBounds<T> {
  readonly maxCount: number
  /** Weight of one entry, in the unit of `maxWeight`; without it only the number counts. */
  readonly weigh?: (item: T) => number
  readonly maxWeight?: number
}

export class Newest<T> {
  readonly #bounds: NewestBounds<T>
  #items: T[] = []
  /** Entries before this place are dropped; the array is cut when half of it is such. */
  #start = 0
  #weight = 0

  constructor(bounds: NewestBounds<T>) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#items.length - this.#start
  }

  add(item: T): void {
    this.#items.push(item)
    this.#weight += this.#weigh(item)
    while (this.size > 1 && this.#tooMuch()) this.#dropOldest()
  }

  /** Replaces nothing and copies once: what a caller holds does not change under it. */
  oldestFirst(): T[] {
    return this.#items.slice(this.#start)
  }

  /** Drops everything and tells how many entries there were. */
  clear(): number {
    const dropped = this.size
    this.#items = []
    this.#start = 0
    this.#weight = 0
    return dropped
  }

  #weigh(item: T): number {
    return this.#bounds.weigh?.(item) ?? 0
  }

  #tooMuch(): boolean {
    return (
      this.size > this.#bounds.maxCount || this.#weight > (this.#bounds.maxWeight ?? Number.POSITIVE_INFINITY)
    )
  }

  #dropOldest(): void {
    const oldest = this.#items[this.#start]
    if (oldest === undefined) return
    this.#weight -= this.#weigh(oldest)
    this.#start += 1
    if (this.#start * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#start)
      this.#start = 0
    }
  }
}
