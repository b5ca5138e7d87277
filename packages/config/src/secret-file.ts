// Reads one secret's file. It must be a regular file that nobody but its owner can write: who can write a key can
// choose it. That others may read it is left to the mount (Docker and Kubernetes mount secrets readable by all by default).

import { readFileSync, type Stats, statSync } from 'node:fs'

const LARGEST = 64 * 1024
const OTHERS_WRITE = 0o022

/** Says what is wrong with a file, and never what stands in it. */
export class SecretFault extends Error {
  override readonly name = 'SecretFault'
}

export interface SecretFile {
  readonly text: string
  /** Milliseconds since 1970. */
  readonly modifiedAt: number
}

/**
 * The file's text without one line end at its end; undefined when there is no file.
 * @throws SecretFault no regular file, writable by others, unreadable, over 64 KiB, empty, not UTF-8
 */
export function readSecretFile(path: string): SecretFile | undefined {
  const stats = statOf(path)
  if (stats === undefined) return undefined
  if (!stats.isFile()) throw new SecretFault('is not a regular file')
  // Windows has no such bits; Node answers all of them.
  if (process.platform !== 'win32' && (stats.mode & OTHERS_WRITE) !== 0) {
    throw new SecretFault('can be written by others than its owner (chmod go-w)')
  }
  if (stats.size > LARGEST) throw new SecretFault('is larger than 64 KiB')
  const text = decode(bytesOf(path)).replace(/\r?\n$/, '')
  if (text === '') throw new SecretFault('is empty')
  return { text, modifiedAt: stats.mtimeMs }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })
  } catch {
    throw new SecretFault('cannot be reached')
  }
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    throw new SecretFault('cannot be read')
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new SecretFault('is not UTF-8 text')
  }
}
