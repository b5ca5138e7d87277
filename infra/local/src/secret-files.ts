// Writes the secrets of a data-dir: generated once, kept for ever after, one file each, readable by the owner
// alone. A file is put in its place whole.
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { addRingKey } from '@postern/config/add-ring-key'
import { RINGS, type RingName } from '@postern/config/known-secrets'
import { selfSigned } from '@postern/testkit/self-signed'
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
  generateReceiptKeys(secrets)
}

/** What vendors sign receipts with, for the sandbox, and what the gateway checks them by. */
function generateReceiptKeys(secrets: string): void {
  keepSecret(join(secrets, 'twilio-receipt-token'), randomSecret)
  keepSecret(join(secrets, 'gateway-receipt-key'), randomSecret)
  const sendgrid = keepSecret(join(secrets, 'sendgrid-receipt-private-key'), () => newKey('jwt'))
  const sns = keepSecret(join(secrets, 'sns-private-key'), () => newRsaKey())
  keepSecret(join(secrets, 'sendgrid-receipt-key'), () => publicKeyLine(sendgrid))
  keepSecret(join(secrets, 'sns-certificate'), () => selfSigned(sns, 'sns.sandbox.invalid'))
}

function newRsaKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** As SendGrid shows it: SPKI in base64, on one line. */
const publicKeyLine = (pem: string) =>
  createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('base64')

/** Writes a secret, or takes it away when there is none. */
export function putSecret(file: string, content: string | null): void {
  if (content === null) rmSync(file, { force: true })
  else writeSecret(file, content)
}

/** The text of a new key for a ring. */
export const newKey = (ring: RingName) => generateKey(RINGS[ring], randomBytes)
