// Randomness as an argument.

import { randomBytes } from 'node:crypto'
import { v7 } from 'uuid'

export interface Random {
  /** Bytes from a cryptographic source. */
  bytes(size: number): Buffer
  /** A UUIDv7: unguessable enough for an id, never for a secret. */
  uuid(): string
}

// Every request needs some, and asking the kernel for 16 bytes costs more than using them: they come by the page.
const PAGE = 4_096
const MOST_OF_A_PAGE = 64
let page = Buffer.alloc(0)

/** Bytes that nobody had before and nobody gets again: what is taken is wiped from the page. */
function take(size: number): Buffer {
  if (size > MOST_OF_A_PAGE) return randomBytes(size)
  if (page.length < size) page = randomBytes(PAGE)
  const taken = Buffer.from(page.subarray(0, size))
  page.fill(0, 0, size)
  page = page.subarray(size)
  return taken
}

export const systemRandom: Random = { bytes: take, uuid: () => v7({ random: take(16) }) }
