// Adds a key to a ring. Services pick it up by themselves; what was made with the older keys stays valid.
import { chownSync, existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { addRingKey } from '@postern/config/add-ring-key'
import { RINGS, type RingName } from '@postern/config/known-secrets'
import { newKey } from './secret-files.ts'
import { SetupError } from './setup-error.ts'

/**
 * Adds one new key to the ring, wherever below `secrets` the ring is: in the folder itself (a data-dir's), or in those
 * of the containers that see it. Returns what to tell the person.
 */
export function rotateKey(secrets: string, ring: string): string {
  if (!Object.hasOwn(RINGS, ring)) {
    throw new SetupError(`There is no ring "${ring}". Rings: ${Object.keys(RINGS).join(', ')}.`)
  }
  const folders = ringFolders(secrets, ring)
  if (folders.length === 0) throw new SetupError(`${secrets} holds no ring ${ring}.`)
  const key = newKey(ring as RingName)
  const versions = new Set(folders.map((folder) => addBeside(folder, key)))
  if (versions.size > 1) {
    throw new SetupError(
      `The copies of ring ${ring} in ${secrets} had different versions: ${folders.join(', ')}.`,
    )
  }
  return `Ring ${ring} has a key v${[...versions][0]} now. Running services pick it up without a restart.`
}

/** The new key belongs to whom the ring's folder does: the person, or the containers' account. */
function addBeside(folder: string, key: string): number {
  const version = addRingKey(folder, key)
  const { uid, gid } = statSync(folder)
  if (uid !== process.getuid?.()) chownSync(join(folder, `v${version}`), uid, gid)
  return version
}

function ringFolders(secrets: string, ring: string): string[] {
  if (!existsSync(secrets)) return []
  const places = [secrets, ...readdirSync(secrets).map((name) => join(secrets, name))]
  return places
    .map((place) => join(place, ring))
    .filter((folder) => existsSync(folder) && readdirSync(folder).some((name) => /^v\d+$/.test(name)))
}
