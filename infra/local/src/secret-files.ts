// Writes the secrets of a data-dir: generated once, kept for ever after, one file each, readable by the owner
// alone. A file is put in its place whole.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generateKey, type RingKind } from '@postern/token/generate-key'

/** The key rings and what their keys are. */
export const rings = {
  pepper: 'symmetric',
  seal: 'symmetric',
  jwt: 'ec',
  refresh: 'symmetric',
  csrf: 'symmetric',
  log: 'ed25519',
} as const satisfies Record<string, RingKind>

export type RingName = keyof typeof rings

/** Writes one secret with a line end, replacing an older one in a single step. */
export function writeSecret(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const half = `${file}.${process.pid}`
  writeFileSync(half, content.endsWith('\n') ? content : `${content}\n`, { mode: 0o600 })
  renameSync(half, file)
}

/** The secret in `file`, without its line end; null when there is none. */
export function readSecret(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null
}

/** The secret in `file`, made by `make` when there is none. */
export function keepSecret(file: string, make: () => string): string {
  const kept = readSecret(file)
  if (kept !== null) return kept
  const made = make()
  writeSecret(file, made)
  return made
}

/** A password or key of 256 random bits. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Makes what is missing: a first key in each ring, the admin key, the sandbox's vendor key. */
export function generateSecrets(secrets: string): void {
  for (const ring of Object.keys(rings) as RingName[]) {
    if (versionsOf(secrets, ring).length === 0) addRingKey(secrets, ring)
  }
  keepSecret(join(secrets, 'admin-key'), randomSecret)
  keepSecret(join(secrets, 'sendgrid-api-key'), () => `SG.${randomSecret()}`)
}

/** Adds the next version to a ring and returns its number. */
export function addRingKey(secrets: string, ring: RingName): number {
  const version = (versionsOf(secrets, ring).at(-1) ?? 0) + 1
  writeSecret(join(secrets, ring, `v${version}`), generateKey(rings[ring], randomBytes))
  return version
}

/** Versions in a ring's folder, ascending. */
function versionsOf(secrets: string, ring: RingName): number[] {
  const folder = join(secrets, ring)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .flatMap((name) => /^v(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

/** Writes a secret, or takes it away when there is none. */
export function putSecret(file: string, content: string | null): void {
  if (content === null) rmSync(file, { force: true })
  else writeSecret(file, content)
}
