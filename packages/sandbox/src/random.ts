// Randomness as an argument, so that a test can say which ids come.

import { randomBytes } from 'node:crypto'
import { v7 } from 'uuid'

export interface Random {
  bytes(length: number): Buffer
  /** A UUIDv7. */
  uuid(): string
}

export const systemRandom: Random = { bytes: (length) => randomBytes(length), uuid: () => v7() }
