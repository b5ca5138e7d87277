import { renameSync, rmSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { addRingKey } from '../src/add-ring-key.ts'
import type { RingKind } from '../src/known-secrets.ts'
import type { RingContents } from '../src/ring-contents.ts'
import { openSecrets } from '../src/secrets.ts'
import { watchRing } from '../src/watch-ring.ts'
import { ecKey, secretsFolder, symmetricKey } from './secrets-folder.ts'

const NEVER = 1_000_000
const OVERLAP = 60_000

async function until(is: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000
  while (!is()) {
    if (performance.now() > deadline) throw new Error('This did not come to pass in five seconds.')
    await wait(5)
  }
}

/** A watched ring with one old key, a clock to turn, and what the watcher said. */
function setup(t: Test, { everyMs = NEVER, overlapMs = OVERLAP, kind = 'symmetric' as RingKind } = {}) {
  const folder = secretsFolder(t)
  const newKey = kind === 'ec' ? () => ecKey() : symmetricKey
  const clock = { ms: 1_795_000_000_000 }
  const now = () => new Date(clock.ms)
  folder.write('ring/v1', newKey())
  folder.touch('ring/v1', clock.ms - 10 * OVERLAP)
  const start = openSecrets(folder.dir).ring('ring', kind, { overlapMs, now: now() })
  const rings: RingContents[] = []
  const faults: string[] = []
  const watch = watchRing(start, {
    everyMs,
    overlapMs,
    now,
    onRing: (ring) => void rings.push(ring),
    onFault: (fault) => void faults.push(fault),
  })
  t.teardown(() => watch.stop())
  const look = () => {
    watch.refresh()
    const last = rings.at(-1)
    return {
      current: last?.current,
      versions: last?.entries.map(({ version }) => version),
      said: rings.length,
    }
  }
  return { folder, newKey, clock, start, rings, faults, watch, look }
}

t.test('a rotated key is picked up by the timer, without a restart', async (t) => {
  const { folder, clock, rings, faults } = setup(t, { everyMs: 5 })
  addRingKey(folder.path('ring'), symmetricKey())
  await until(() => rings.length === 1)
  t.match(rings[0], { name: 'ring', current: 1 })
  t.equal(rings[0]?.entries.length, 2)
  clock.ms += OVERLAP
  await until(() => rings.length === 2)
  t.equal(rings[1]?.current, 2)
  t.same(faults, [])
})

t.test(
  'a key that signs tokens is shown before it signs: it waits out the overlap from when it was seen',
  async (t) => {
    const { folder, newKey, clock, look } = setup(t, { kind: 'ec' })
    folder.write('ring/v2', newKey())
    folder.touch('ring/v2', clock.ms - 10 * OVERLAP)
    t.match(look(), { current: 1, versions: [1, 2], said: 1 }, 'an old file that is new to this process')
    clock.ms += OVERLAP - 1
    t.match(look(), { current: 1, said: 1 })
    clock.ms += 1
    t.match(look(), { current: 2, versions: [1, 2], said: 2 })
    clock.ms += OVERLAP
    t.match(look(), { said: 2 }, 'nothing more to say')
  },
)

t.test('two keys within one overlap: each waits for itself', async (t) => {
  const { folder, newKey, clock, look } = setup(t)
  folder.write('ring/v2', newKey())
  look()
  clock.ms += OVERLAP / 2
  folder.write('ring/v3', newKey())
  t.match(look(), { current: 1, versions: [1, 2, 3] })
  clock.ms += OVERLAP / 2
  t.match(look(), { current: 2 })
  clock.ms += OVERLAP / 2
  t.match(look(), { current: 3 })
})

t.test('a young key at the start begins to write while the process runs', async (t) => {
  const { folder, newKey, clock } = setup(t)
  folder.write('ring/v2', newKey())
  folder.touch('ring/v2', clock.ms - OVERLAP + 10)
  const overlap = { overlapMs: OVERLAP, now: new Date(clock.ms) }
  const start = openSecrets(folder.dir).ring('ring', 'symmetric', overlap)
  t.equal(start.current, 1)
  const rings: RingContents[] = []
  const watch = watchRing(start, {
    everyMs: NEVER,
    overlapMs: OVERLAP,
    now: () => new Date(clock.ms),
    onRing: (ring) => void rings.push(ring),
    onFault: t.fail,
  })
  t.teardown(() => watch.stop())
  watch.refresh()
  t.same(rings, [])
  clock.ms += 10
  watch.refresh()
  t.equal(rings[0]?.current, 2)
})

t.test('a bad new file is told once, and the process goes on with the keys it has', async (t) => {
  const { folder, clock, rings, faults, look } = setup(t)
  folder.write('ring/v2', 'canary-7f3a9c')
  clock.ms += 2 * OVERLAP
  for (let round = 0; round < 3; round++) look()
  t.same(rings, [])
  t.equal(faults.length, 1)
  t.match(faults[0], `${folder.path('ring/v2')}: must be the base64 of exactly 32 bytes`)
  t.notMatch(faults[0], 'canary')
  folder.write('ring/v2', symmetricKey())
  t.match(look(), { current: 1, versions: [1, 2] }, 'healed by the next file')
  folder.write('ring/v3', 'bad again')
  look()
  t.equal(faults.length, 2)
})

t.test('a folder that goes away, or an emptied one, is told and changes nothing', async (t) => {
  const { folder, rings, faults, look } = setup(t)
  renameSync(folder.path('ring'), folder.path('elsewhere'))
  look()
  look()
  t.match(faults, [/holds no key/])
  renameSync(folder.path('elsewhere'), folder.path('ring'))
  look()
  rmSync(folder.path('ring/v1'))
  look()
  t.match(faults, [/holds no key/, /holds no key/])
  t.same(rings, [])
})

t.test('another key under a known version is refused: a version never changes its key', async (t) => {
  const { folder, rings, faults, look } = setup(t)
  folder.write('ring/v1', symmetricKey())
  folder.write('ring/v2', symmetricKey())
  look()
  t.same(rings, [])
  t.match(faults, [/v1: is another key than before/])
})

t.test('a retired key leaves the ring; the keys that stay are the same objects', async (t) => {
  const { folder, newKey, clock, start, rings, look } = setup(t)
  folder.write('ring/v2', newKey())
  look()
  clock.ms += OVERLAP
  look()
  t.equal(rings.at(-1)?.entries[0]?.key, start.entries[0]?.key)
  const second = rings.at(-1)?.entries[1]?.key
  rmSync(folder.path('ring/v1'))
  t.match(look(), { current: 2, versions: [2] })
  t.equal(rings.at(-1)?.entries[0]?.key, second)
})

t.test('a receiver that throws does not kill the watcher', async (t) => {
  const { folder, start } = setup(t)
  const faults: string[] = []
  const watch = watchRing(start, {
    everyMs: NEVER,
    overlapMs: 0,
    now: () => new Date(0),
    onRing: () => {
      throw new Error('canary-7f3a9c')
    },
    onFault: (fault) => void faults.push(fault),
  })
  t.teardown(() => watch.stop())
  folder.write('ring/v2', symmetricKey())
  watch.refresh()
  watch.refresh()
  t.same(faults, [`${start.folder}: the new keys were not taken`])
})

t.test('a stopped watcher looks no more', async (t) => {
  const { folder, watch, rings } = setup(t, { everyMs: 1 })
  watch.stop()
  watch.stop()
  folder.write('ring/v2', symmetricKey())
  const another = setup(t, { everyMs: 1 })
  another.folder.write('ring/v2', symmetricKey())
  // The other watcher, with the same interval, shows that there was time to look.
  await until(() => another.rings.length === 1)
  t.same(rings, [])
})

t.test('the timer of a watcher keeps no process alive', async (t) => {
  // Only what keeps the process alive is listed.
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  setup(t)
  t.equal(timers(), before)
  const timer = setInterval(() => {}, NEVER)
  t.equal(timers(), before + 1, 'this timer would')
  clearInterval(timer)
})

t.test('a fault that was repaired and comes again is told again', async (t) => {
  const { folder, faults, rings, look } = setup(t)
  look()
  for (let round = 1; round <= 2; round++) {
    folder.write('ring/v2', 'bad')
    look()
    t.equal(faults.length, round)
    rmSync(folder.path('ring/v2'))
    look()
  }
  t.same(rings, [])
})
