// New ring keys as the text of their files. The text is a secret: write it with mode 0600 and nowhere else.

import { generateKeyPairSync } from 'node:crypto'

/** `symmetric`: 32 bytes, in base64. `ec` (P-256) and `ed25519`: PKCS#8 in PEM. */
export type RingKind = 'symmetric' | 'ec' | 'ed25519'

/**
 * The text of a new key's file, with its last line feed. `random` serves the symmetric kind; the key pairs are drawn by
 * OpenSSL, which takes no source of ours.
 */
export function generateKey(kind: RingKind, random: (size: number) => Buffer): string {
  if (kind === 'symmetric') return `${random(32).toString('base64')}\n`
  const pair =
    kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}
