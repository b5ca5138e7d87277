// Picks up rotated keys without a restart. What is on the disk is trusted only when all of it is right: after a bad
// file the process goes on with the keys that it has, and says so once.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { currentOf, type RingContents, type RingEntry } from './ring-contents.ts'
import { type RingKeyFile, readRingFolder, ringFileNames } from './ring-folder.ts'

export interface WatchOptions {
  readonly everyMs: number
  /** How long a key that appears here only reads before it writes: see `Overlap`. */
  readonly overlapMs: number
  readonly now: () => Date
  /** Called with the ring whenever its keys or its writing version changed. */
  onRing(contents: RingContents): void
  /** Called once for each new state of the folder that is wrong; names files, never their content. */
  onFault(fault: string): void
}

export interface RingWatch {
  /** Looks at once: for a caller that met a key version it does not know. Never throws. */
  refresh(): void
  stop(): void
}

/** Watches the folder of `start`, what `secrets.ring()` answered. The timer keeps no process alive. */
export function watchRing(start: RingContents, options: WatchOptions): RingWatch {
  const watcher = new RingWatcher(start, options)
  const timer = setInterval(() => watcher.refresh(), options.everyMs)
  timer.unref()
  return { refresh: () => watcher.refresh(), stop: () => clearInterval(timer) }
}

// Reads synchronously: a look is one `stat` a key (some ten microseconds), and only a changed folder is read.
class RingWatcher {
  #contents: RingContents
  readonly #options: WatchOptions
  /** The state of the folder that was read last without a fault. */
  #state: string | undefined
  #lastFault: string | undefined

  constructor(start: RingContents, options: WatchOptions) {
    this.#contents = start
    this.#options = options
  }

  refresh(): void {
    try {
      const entries = this.#readEntries()
      const { overlapMs, now } = this.#options
      const current = currentOf(entries, { overlapMs, now: now() })
      if (current === this.#contents.current && sameEntries(entries, this.#contents.entries)) return
      const next = { ...this.#contents, entries, current }
      this.#options.onRing(next)
      this.#contents = next
    } catch {
      // What the receiver throws may name what it got; only that it threw is told. The next change is tried again.
      this.#report(`${this.#contents.folder}: the new keys were not taken`)
    }
  }

  /** What is on the disk when all of it is right, else what was there before. */
  #readEntries(): readonly RingEntry[] {
    const { folder, kind, entries } = this.#contents
    const state = stateOf(folder)
    if (state !== undefined && state === this.#state) return entries
    const faults: string[] = []
    const files = readRingFolder(folder, kind, { add: (fault) => void faults.push(fault) })
    for (const file of files) {
      if (isExchanged(file, entries)) {
        faults.push(
          `${join(folder, `v${file.version}`)}: is another key than before; a rotation adds a version`,
        )
      }
    }
    if (faults.length > 0) {
      // Not remembered as read: a fault that passes without a change of the folder must heal too.
      this.#state = undefined
      this.#report(faults.join('; '))
      return entries
    }
    this.#state = state
    this.#lastFault = undefined
    return files.map((file) => this.#entryOf(file))
  }

  #entryOf({ version, key }: RingKeyFile): RingEntry {
    const before = this.#contents.entries.find((entry) => entry.version === version)
    // The same key object again, so that what is cached by it stays.
    return before ?? { version, key, seenAt: this.#options.now().getTime() }
  }

  #report(fault: string): void {
    if (fault === this.#lastFault) return
    this.#lastFault = fault
    this.#options.onFault(fault)
  }
}

function isExchanged(file: RingKeyFile, entries: readonly RingEntry[]): boolean {
  const before = entries.find((entry) => entry.version === file.version)
  return before !== undefined && !before.key.equals(file.key)
}

function sameEntries(a: readonly RingEntry[], b: readonly RingEntry[]): boolean {
  return a.length === b.length && a.every(({ version }, at) => b[at]?.version === version)
}

/** Changes when a file of the folder comes, goes or is written; undefined when that cannot be said. */
function stateOf(folder: string): string | undefined {
  try {
    const states = ringFileNames(folder)?.map((name) => {
      const { ino, size, ctimeMs } = statSync(join(folder, name))
      return `${name} ${ino} ${size} ${ctimeMs}`
    })
    return states?.join('\n')
  } catch {
    return undefined
  }
}
