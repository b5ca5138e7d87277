// Randomness as an argument, so that a test can say which ids come.

import { createHash, randomBytes } from 'node:crypto'
import { v4, v7 } from 'uuid'

export interface Random {
  bytes(length: number): Buffer
  /** A UUIDv7, or where a seed was given a UUIDv4: that holds no time. */
  uuid(): string
  /** Another source, of its own: what one purpose draws changes nothing for the others. */
  stream(name: string): Random
}

export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  uuid: () => v7(),
  stream: () => systemRandom,
}

/** The same bytes and ids in the same order for the same seed, so that a run can be repeated. */
export function seededRandom(seed: string): Random {
  let block = 0
  let pool = Buffer.alloc(0)
  const bytes = (length: number) => {
    while (pool.length < length) {
      pool = Buffer.concat([pool, createHash('sha256').update(`${seed} ${block}`).digest()])
      block += 1
    }
    const drawn = pool.subarray(0, length)
    pool = pool.subarray(length)
    return drawn
  }
  return {
    bytes,
    uuid: () => v4({ random: bytes(16) }),
    stream: (name) => seededRandom(`${seed} / ${name}`),
  }
}
