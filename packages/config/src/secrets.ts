// Secrets: files in one folder, one secret a file, one folder a key ring. What is missing, empty, short or an example
// stops the start with a sentence that names the file and never what stands in it.

import { createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { isExampleText } from './example-values.ts'
import { type Faults, refuseAtOnce } from './faults.ts'
import { type RingKind, SECRETS_DIR } from './known-secrets.ts'
import { contentsAtStart, type Overlap, type RingContents } from './ring-contents.ts'
import { readRingFolder } from './ring-folder.ts'
import { readSecretFile, SecretFault } from './secret-file.ts'
import { notSet } from './setting.ts'

export type { RingContents } from './ring-contents.ts'

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const SHORTEST = 16

export interface TextOptions {
  /** Characters; 16 unless told. */
  readonly minLength?: number
}

export interface UrlOptions {
  /** Without the colon. */
  readonly schemes: readonly string[]
}

/**
 * Opens the secrets folder, usually POSTERN_SECRETS_DIR.
 * @throws ConfigError at the first fault, unless `faults` (of `load`) takes them
 */
export function openSecrets(dir: string | undefined, faults: Faults = refuseAtOnce): Secrets {
  if (isFolder(dir)) return new Secrets(dir, faults)
  faults.add(dir ? `${SECRETS_DIR}: does not name a folder` : notSet(SECRETS_DIR))
  // One missing folder is one fault, not one for each file in it.
  return new Secrets('', { add: () => {} })
}

/** Reads secrets by their file's name. Each reader reports its fault and then answers a stand-in. */
export class Secrets {
  readonly #folder: string
  readonly #faults: Faults
  readonly #keys: { readonly ring: string; readonly version: number; readonly key: KeyObject }[] = []

  constructor(folder: string, faults: Faults) {
    this.#folder = folder
    this.#faults = faults
  }

  /** One line of text; the line end at its end is dropped. */
  text(name: string, options: TextOptions = {}): string {
    return this.#needed(name, this.optionalText(name, options))
  }

  /** The same; undefined when there is no such file. */
  optionalText(name: string, { minLength = SHORTEST }: TextOptions = {}): string | undefined {
    return this.#line(name, (value) => {
      if (value.length < minLength) throw new SecretFault(`is shorter than ${minLength} characters`)
      if (isExampleText(value)) throw new SecretFault('holds an example value')
    })
  }

  /** One line or several, as a PEM has; undefined when there is no such file. */
  optionalLines(name: string): string | undefined {
    return this.#checked(name, (value) => {
      if (/[^\n\x20-\x7e]/.test(value)) throw new SecretFault('must be lines of plain text')
      if (value.length < SHORTEST) throw new SecretFault(`is shorter than ${SHORTEST} characters`)
      if (value.split('\n').some((line) => isExampleText(line) && !line.startsWith('-----')))
        throw new SecretFault('holds an example value')
    })
  }

  /** A URL, which may hold a password but not an example of one. */
  url(name: string, options: UrlOptions): string {
    return this.#needed(name, this.optionalUrl(name, options))
  }

  /** The same; undefined when there is no such file. */
  optionalUrl(name: string, { schemes }: UrlOptions): string | undefined {
    return this.#line(name, (value) => {
      const url = URL.canParse(value) ? new URL(value) : undefined
      if (url === undefined || !schemes.includes(url.protocol.slice(0, -1))) {
        throw new SecretFault(`must be a URL with the scheme ${schemes.join(' or ')}`)
      }
      if (url.password !== '' && isExampleText(url.password))
        throw new SecretFault('holds an example password')
    })
  }

  /**
   * A key ring: the folder `<name>/` with `v1`, `v2` …. Its newest key writes at once unless `overlap` is given. A key
   * that another ring read here holds too is a fault: what one ring makes must mean nothing to another.
   */
  ring(name: string, kind: RingKind, overlap: Overlap = { overlapMs: 0, now: new Date(0) }): RingContents {
    const folder = this.#path(name)
    const files = readRingFolder(folder, kind, this.#faults)
    for (const { version, key } of files) {
      const twin = this.#keys.find((other) => other.ring !== name && other.key.equals(key))
      if (twin) {
        this.#faults.add(
          `${join(folder, `v${version}`)}: holds the same key as ${twin.ring}/v${twin.version}`,
        )
      }
      this.#keys.push({ ring: name, version, key })
    }
    const usable = files.length > 0 ? files : [{ version: 1, key: standInKey(kind), modifiedAt: 0 }]
    return contentsAtStart({ name, kind, folder }, usable, overlap)
  }

  #line(name: string, check: (value: string) => void): string | undefined {
    return this.#checked(name, (value) => {
      if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value)) throw new SecretFault('must be one line of plain text')
      if (value !== value.trim()) throw new SecretFault('must not begin or end with blanks')
      check(value)
    })
  }

  #checked(name: string, check: (value: string) => void): string | undefined {
    const path = this.#path(name)
    try {
      const file = readSecretFile(path)
      if (file === undefined) return undefined
      check(file.text)
      return file.text
    } catch (error) {
      if (!(error instanceof SecretFault)) throw error
      this.#faults.add(`${path}: ${error.message}`)
      return ''
    }
  }

  #needed(name: string, value: string | undefined): string {
    if (value === undefined) this.#faults.add(`${this.#path(name)}: is missing`)
    return value ?? ''
  }

  #path(name: string): string {
    if (!NAME.test(name)) throw new TypeError('This cannot be the name of a secret.')
    return join(this.#folder, name)
  }
}

function isFolder(dir: string | undefined): dir is string {
  try {
    return dir !== undefined && dir !== '' && statSync(dir).isDirectory()
  } catch {
    return false
  }
}

/** Lets the readers after a faulty ring go on; `load` throws before anything could use it. */
function standInKey(kind: RingKind): KeyObject {
  if (kind === 'symmetric') return createSecretKey(Buffer.alloc(32))
  const pair =
    kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  return pair.privateKey
}
