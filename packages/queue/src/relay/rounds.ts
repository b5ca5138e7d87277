// Runs rounds, one at a time: at once when nudged, else by a timer. Nudges during a round make one more round, however
// many they were, and rounds keep a small distance so that a busy second is a few full batches, not hundreds of small ones.

import { settledWithin } from '../within.ts'

export interface Rounds {
  nudge(): void
  /** No round begins any more; waits for the running one. Never rejects. */
  stop(deadlineMs: number): Promise<void>
}

export interface RoundsOptions {
  /** One round; answers whether it left work behind. Must not reject. */
  readonly round: () => Promise<boolean>
  readonly pollMs: number
  readonly spacingMs: number
}

export function startRounds({ round, pollMs, spacingMs }: RoundsOptions): Rounds {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let again = false
  let spaced = false
  let stopped = false

  const runIn = (ms: number) => {
    clearTimeout(timer)
    timer = setTimeout(run, ms).unref()
  }

  async function once(): Promise<void> {
    again = false
    const more = await round()
    running = undefined
    if (stopped) return
    // Until the spacing has passed a nudge only asks for the next round, which is then due by the timer below.
    spaced = true
    again ||= more
    runIn(spacingMs)
  }

  function run(): void {
    if (spaced) {
      spaced = false
      if (!again) {
        runIn(Math.max(0, pollMs - spacingMs))
        return
      }
    }
    running = once()
  }

  runIn(0)
  return {
    nudge() {
      if (stopped) return
      if (running !== undefined || spaced) again = true
      else {
        clearTimeout(timer)
        run()
      }
    },
    async stop(deadlineMs) {
      stopped = true
      clearTimeout(timer)
      if (running !== undefined) await settledWithin(deadlineMs, running)
    },
  }
}
