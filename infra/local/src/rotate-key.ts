// Adds a key to a ring of a data-dir. Services pick it up by themselves; what was made with the older keys
// stays valid.
import { existsSync } from 'node:fs'
import { secretsOf } from './data-dir.ts'
import { addRingKey, type RingName, rings } from './secret-files.ts'
import { SetupError } from './setup-error.ts'

/** Returns what to tell the person. */
export function rotateKey(dataDir: string, ring: string | undefined): string {
  if (ring === undefined || !Object.hasOwn(rings, ring)) {
    throw new SetupError(`There is no ring "${ring ?? ''}". Rings: ${Object.keys(rings).join(', ')}.`)
  }
  const secrets = secretsOf(dataDir)
  if (!existsSync(secrets)) throw new SetupError(`${dataDir} has no secrets yet: run npm start first.`)
  const version = addRingKey(secrets, ring as RingName)
  return `Ring ${ring} has a key v${version} now. Running services pick it up without a restart.`
}
