// How many link tokens a second can be checked, with the digest that their row is looked up by, on all cores.

import { createSecretKey, randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { createKeyRing } from '@postern/token/key-ring'
import { mintLinkToken, readLinkToken } from '@postern/token/link-token'
import { v7 } from 'uuid'

const CHECKS = 400_000
const ROUNDS = 5

export interface CryptoFigures {
  threads: number
  /** checks per second of all threads together, one figure a round */
  perSecond: number[]
}

export async function measureTokenCrypto(): Promise<CryptoFigures> {
  const threads = availableParallelism()
  const perSecond: number[] = []
  for (let round = 0; round <= ROUNDS; round++) {
    const each = await Promise.all(Array.from({ length: threads }, () => inThread()))
    if (round > 0) perSecond.push(each.reduce((sum, one) => sum + one, 0))
  }
  return { threads, perSecond }
}

function inThread(): Promise<number> {
  const worker = new Worker(new URL(import.meta.url), { workerData: { measure: true } })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

function checksPerSecond(): number {
  const ring = createKeyRing('pepper', [{ version: 1, key: createSecretKey(randomBytes(32)) }])
  const tokens = Array.from({ length: 1_000 }, () => {
    return mintLinkToken(ring, { tenantId: v7(), challengeId: v7(), random: randomBytes(16) }).token
  })
  const from = performance.now()
  for (let n = 0; n < CHECKS; n++) {
    if (readLinkToken(ring, tokens[n % tokens.length] ?? '') === null)
      throw new Error('a genuine token was refused')
  }
  return CHECKS / ((performance.now() - from) / 1_000)
}

if (!isMainThread && workerData?.measure) parentPort?.postMessage(checksPerSecond())
