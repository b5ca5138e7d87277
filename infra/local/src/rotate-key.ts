// Adds a key to a ring. Services pick it up by themselves; what was made with the older keys stays valid.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { addRingKey } from '@postern/config/add-ring-key'
import { RINGS, type RingName } from '@postern/config/known-secrets'
import { giveToContainers } from './create-secrets.ts'
import { newKey } from './secret-files.ts'
import { SetupError } from './setup-error.ts'

/**
 * Adds one new key to the ring, wherever below `secrets` the ring is: in the folder itself (a data-dir's), or in those
 * of the containers that see it. Returns what to tell the person.
 */
export function rotateKey(secrets: string, ring: string | undefined): string {
  if (ring === undefined || !Object.hasOwn(RINGS, ring)) {
    throw new SetupError(`There is no ring "${ring ?? ''}". Rings: ${Object.keys(RINGS).join(', ')}.`)
  }
  const folders = ringFolders(secrets, ring)
  if (folders.length === 0) throw new SetupError(`${secrets} holds no ring ${ring}.`)
  const key = newKey(ring as RingName)
  const versions = new Set(folders.map((folder) => addRingKey(folder, key)))
  for (const folder of folders) giveToContainers(folder)
  if (versions.size > 1) {
    throw new SetupError(
      `The copies of ring ${ring} in ${secrets} had different versions: ${folders.join(', ')}.`,
    )
  }
  return `Ring ${ring} has a key v${[...versions][0]} now. Running services pick it up without a restart.`
}

function ringFolders(secrets: string, ring: string): string[] {
  if (!existsSync(secrets)) return []
  const places = [secrets, ...readdirSync(secrets).map((name) => join(secrets, name))]
  return places.map((place) => join(place, ring)).filter((folder) => existsSync(join(folder, 'v1')))
}
