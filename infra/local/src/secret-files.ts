// Writes the secrets of a data-dir: generated once, kept for ever after, one file each, readable by the owner
// alone. A file is put in its place whole.
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { addRingKey } from '@postern/config/add-ring-key'
import { RINGS, type RingName } from '@postern/config/known-secrets'
import { generateKey } from '@postern/token/generate-key'

/** Writes one secret with a line end, replacing an older one in a single step. */
export function writeSecret(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // Hidden: who watches the folder takes no half file for a secret.
  const half = join(dirname(file), `.${basename(file)}.${process.pid}`)
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

/** Makes what is missing: a first key in each ring, the admin key, the sandbox's vendor keys. */
export function generateSecrets(secrets: string): void {
  for (const ring of Object.keys(RINGS) as RingName[]) {
    if (!existsSync(join(secrets, ring, 'v1'))) addRingKey(join(secrets, ring), newKey(ring))
  }
  keepSecret(join(secrets, 'admin-key'), randomSecret)
  keepSecret(join(secrets, 'sendgrid-api-key'), () => `SG.${randomSecret()}`)
  keepSecret(join(secrets, 'twilio-auth-token'), randomSecret)
  for (const pair of ['ses-access-key', 'smtp-login', 'message-gateway-key'])
    keepSecret(join(secrets, pair), () => `local:${randomSecret()}`)
}

/** Writes a secret, or takes it away when there is none. */
export function putSecret(file: string, content: string | null): void {
  if (content === null) rmSync(file, { force: true })
  else writeSecret(file, content)
}

/** The text of a new key for a ring. */
export const newKey = (ring: RingName) => generateKey(RINGS[ring], randomBytes)
