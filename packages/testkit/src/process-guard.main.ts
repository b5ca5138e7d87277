// The guard's own process (see process-guard.ts): reads its list from standard input and, when that closes,
// ends what is left on it, newest first, then deletes what nobody needs any more.
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { until } from './poll.ts'
import type { Guarded, GuardMessage } from './process-guard.ts'
import { isAlive, startOf } from './process-tree.ts'

/** With the time at which each began: its id may be another's by the time it matters. */
const list = new Map<number, Guarded & { began: string | null }>()
const folders = new Set<string>()

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line) as GuardMessage
  if ('watch' in message) {
    list.set(message.watch.pid, { ...message.watch, began: startOf(message.watch.pid) })
  } else if ('release' in message) list.delete(message.release)
  else folders.add(message.discard)
}
for (const guarded of [...list.values()].reverse()) await end(guarded)
for (const folder of folders) rmSync(folder, { recursive: true, force: true })

async function end({ pid, signals, patienceMs, began }: Guarded & { began: string | null }): Promise<void> {
  for (const signal of signals) {
    if (!isAlive(pid) || startOf(pid) !== began) return
    try {
      process.kill(pid, signal)
      await until(() => !isAlive(pid), { deadlineMs: patienceMs, everyMs: 10 })
    } catch {
      // Gone in between, or deaf to this signal: the next one is stronger.
    }
  }
}
