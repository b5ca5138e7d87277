// Reads the text of a ring key's file into a KeyObject, and lets nothing through that is not exactly one strong key of
// the ring's kind.

import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto'
import { isExampleKey } from './example-values.ts'
import type { RingKind } from './known-secrets.ts'
import { SecretFault } from './secret-file.ts'

const SIZE = 32
const PKCS8 = /^-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\r\n]+-----END PRIVATE KEY-----$/

/**
 * `symmetric`: base64 (with padding) of exactly 32 random bytes. `ec`: P-256, `ed25519`: both PKCS#8 in PEM, not encrypted.
 * @throws SecretFault anything else, and values that are known or plainly not random
 */
export function parseRingKey(kind: RingKind, text: string): KeyObject {
  return kind === 'symmetric' ? symmetric(text) : privateKey(kind, text)
}

function symmetric(text: string): KeyObject {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length !== SIZE || bytes.toString('base64') !== text) {
    throw new SecretFault('must be the base64 of exactly 32 bytes')
  }
  if (isExampleKey(bytes)) throw new SecretFault('is an example or not random')
  return createSecretKey(bytes)
}

function privateKey(kind: 'ec' | 'ed25519', text: string): KeyObject {
  const wanted = kind === 'ec' ? 'P-256' : 'Ed25519'
  const fault = new SecretFault(`must be a ${wanted} private key, PKCS#8 in PEM, not encrypted`)
  if (!PKCS8.test(text)) throw fault
  let key: KeyObject
  try {
    key = createPrivateKey({ key: text, format: 'pem', type: 'pkcs8' })
  } catch {
    throw fault
  }
  const curve = key.asymmetricKeyDetails?.namedCurve
  if (key.asymmetricKeyType !== kind || (kind === 'ec' && curve !== 'prime256v1')) throw fault
  return key
}
