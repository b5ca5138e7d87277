// Rings and fixed bytes for the tests of this package.

import { createHash, createSecretKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createKeyRing, type KeyRing } from '../src/key-ring.ts'

/** Bytes that look random and are the same in every run. */
export function bytesOf(seed: string, size: number): Buffer {
  return createHash('shake256', { outputLength: size }).update(seed).digest()
}

export function secretKey(seed: string): KeyObject {
  return createSecretKey(bytesOf(seed, 32))
}

/** A symmetric ring with keys v1…vN, each made from the ring's name and its version. */
export function symmetricRing(name: string, versions = 1): KeyRing {
  const entries = Array.from({ length: versions }, (_, at) => ({
    version: at + 1,
    key: secretKey(`${name}/${at + 1}`),
  }))
  return createKeyRing(name, entries)
}

export function newEcKey(namedCurve = 'P-256'): KeyObject {
  return generateKeyPairSync('ec', { namedCurve }).privateKey
}

export const TENANT = '019a9f3c-1111-7abc-8def-0123456789ab'
export const OTHER_TENANT = '019a9f3c-2222-7abc-8def-0123456789ab'
export const CHALLENGE = '019a9f3c-3333-7abc-8def-0123456789ab'
