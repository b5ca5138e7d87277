// Randomness as an argument.

import { randomBytes } from 'node:crypto'
import { v7 } from 'uuid'

export interface Random {
  /** Bytes from a cryptographic source. */
  bytes(size: number): Buffer
  /** A UUIDv7: unguessable enough for an id, never for a secret. */
  uuid(): string
}

// Every request needs an id, and asking the kernel for 16 bytes costs more than making one: they come by the page.
const PAGE = 4_096
let page = Buffer.alloc(0)

function nextSixteen(): Buffer {
  if (page.length < 16) page = randomBytes(PAGE)
  const taken = page.subarray(0, 16)
  page = page.subarray(16)
  return taken
}

export const systemRandom: Random = { bytes: randomBytes, uuid: () => v7({ random: nextSixteen() }) }
