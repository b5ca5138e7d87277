// Sealing of what must be read again (delivery payloads, TOTP secrets): AES-256-GCM (NIST SP 800-38D), bound to the
// tenant, table and row that hold it. A box that was moved to another row, or changed by one bit, does not open.
//
//   0      12          n-16
//   nonce  ciphertext  tag

import { createCipheriv, createDecipheriv } from 'node:crypto'
import { frame } from './framing.ts'
import type { KeyRing } from './key-ring.ts'
import { uuidToBytes } from './uuid-bytes.ts'

const ALGORITHM = 'aes-256-gcm'
const NONCE = 12
const TAG = 16

/** Where the box lies. `rowId` is compared as text: give it as the row spells it. */
export interface SealedPlace {
  readonly tenantId: string
  readonly table: string
  readonly rowId: string
}

export interface Sealed {
  readonly version: number
  readonly box: Buffer
}

/** The one answer to every box that does not open: which part was wrong helps only a forger. */
export class SealError extends Error {
  override readonly name = 'SealError'
  constructor() {
    super('The sealed value cannot be opened.')
  }
}

/**
 * Seals `plaintext` under the ring's current key. `nonce` is 12 fresh random bytes; using one twice under a key breaks
 * the seal, so a key may seal 2^32 values at most (SP 800-38D, section 8.3) and is rotated long before.
 * @throws RangeError when the nonce has another size; UuidError when the tenant's id is none
 */
export function seal(ring: KeyRing, plaintext: Uint8Array, where: SealedPlace, nonce: Uint8Array): Sealed {
  if (nonce.byteLength !== NONCE) throw new RangeError('A nonce has exactly 12 bytes.')
  const { version, key } = ring.current
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG })
  cipher.setAAD(boundTo(where, version))
  const box = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
  return { version, box }
}

/**
 * Opens what `seal` made, under the key that the row names.
 * @throws SealError always the same, whatever does not fit: version, place, size or any bit
 */
export function open(ring: KeyRing, version: number, box: Uint8Array, where: SealedPlace): Buffer {
  const found = ring.get(version)
  if (found === undefined || box.byteLength < NONCE + TAG) throw new SealError()
  const tagAt = box.byteLength - TAG
  try {
    const decipher = createDecipheriv(ALGORITHM, found.key, box.subarray(0, NONCE), { authTagLength: TAG })
    decipher.setAAD(boundTo(where, version))
    decipher.setAuthTag(box.subarray(tagAt))
    return Buffer.concat([decipher.update(box.subarray(NONCE, tagAt)), decipher.final()])
  } catch {
    throw new SealError()
  }
}

function boundTo({ tenantId, table, rowId }: SealedPlace, version: number): Buffer {
  return frame('seal', Uint8Array.of(version), uuidToBytes(tenantId), table, rowId)
}
