// Randomness as an argument.

import { randomBytes } from 'node:crypto'
import { v7 } from 'uuid'

export interface Random {
  /** Bytes from a cryptographic source. */
  bytes(size: number): Buffer
  /** A UUIDv7: unguessable enough for an id, never for a secret. */
  uuid(): string
}

export const systemRandom: Random = { bytes: randomBytes, uuid: () => v7() }
