// A secrets folder in a temporary place, for the tests of this package.

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { ConfigError } from '../src/faults.ts'

export interface SecretsFolder {
  readonly dir: string
  path(name: string): string
  /** Writes a file with mode 0600, whatever the umask is. */
  write(name: string, content: string | Buffer, mode?: number): void
  /** Says that a file was written at this instant (milliseconds since 1970). */
  touch(name: string, at: number): void
}

export function secretsFolder(t: Test): SecretsFolder {
  const dir = mkdtempSync(join(tmpdir(), 'postern-config-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  const path = (name: string) => join(dir, name)
  return {
    dir,
    path,
    write(name, content, mode = 0o600) {
      mkdirSync(dirname(path(name)), { recursive: true })
      writeFileSync(path(name), content)
      chmodSync(path(name), mode)
    },
    touch: (name, at) => utimesSync(path(name), at / 1000, at / 1000),
  }
}

export function symmetricKey(): string {
  return `${randomBytes(32).toString('base64')}\n`
}

export function ecKey(namedCurve = 'P-256', type: 'pkcs8' | 'sec1' = 'pkcs8'): string {
  return generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type, format: 'pem' }).toString()
}

export function ed25519Key(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** The faults that `run` refuses with; none when it does not. */
export function faultsOf(run: () => unknown): readonly string[] {
  try {
    run()
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}
