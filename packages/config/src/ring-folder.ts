// Reads a ring's folder: v1, v2 … , one key a file. A stray file is a fault, because a key that is misnamed would
// silently not be used; names that begin with a dot are left alone (Kubernetes keeps its own there).

import type { KeyObject } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Faults } from './faults.ts'
import type { RingKind } from './known-secrets.ts'
import { parseRingKey } from './ring-key.ts'
import { readSecretFile, SecretFault } from './secret-file.ts'

const NAME = /^v([1-9]\d{0,2})$/

export interface RingKeyFile {
  readonly version: number
  readonly key: KeyObject
  /** Milliseconds since 1970. */
  readonly modifiedAt: number
}

/** The names of a ring's folder that are not hidden, sorted; undefined when there is no such folder. */
export function ringFileNames(folder: string): string[] | undefined {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort()
  } catch {
    return undefined
  }
}

/** The version that a ring file's name says, 1 to 255; undefined for any other name. */
export function versionOf(name: string): number | undefined {
  const version = Number(NAME.exec(name)?.[1])
  return version <= 255 ? version : undefined
}

/** Every key of the folder, oldest version first. What is wrong goes to `faults`, a sentence for each file. */
export function readRingFolder(folder: string, kind: RingKind, faults: Faults): RingKeyFile[] {
  const names = ringFileNames(folder)
  if (names === undefined || names.length === 0) {
    faults.add(`${folder}: holds no key, or cannot be read`)
    return []
  }
  const files: RingKeyFile[] = []
  for (const name of names) {
    try {
      files.push(readKey(join(folder, name), versionOf(name), kind))
    } catch (error) {
      if (!(error instanceof SecretFault)) throw error
      faults.add(`${join(folder, name)}: ${error.message}`)
    }
  }
  files.sort((a, b) => a.version - b.version)
  for (const [at, { key, version }] of files.entries()) {
    const twin = files.slice(0, at).find((other) => other.key.equals(key))
    if (twin) faults.add(`${join(folder, `v${version}`)}: holds the same key as v${twin.version}`)
  }
  return files
}

function readKey(path: string, version: number | undefined, kind: RingKind): RingKeyFile {
  if (version === undefined) throw new SecretFault('does not belong here; keys are named v1 to v255')
  const file = readSecretFile(path)
  if (file === undefined) throw new SecretFault('is missing')
  return { version, key: parseRingKey(kind, file.text), modifiedAt: file.modifiedAt }
}
