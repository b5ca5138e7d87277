// A secret that lives in a file and may appear, or change, after the start: it is read when it is needed.

import { readFile } from 'node:fs/promises'

/** Reads a secret; null while there is none. */
export type ReadSecret = () => Promise<string | null>

/** The trimmed content of the file at `path`, or null when it is missing or empty. Other faults are thrown. */
export function secretFile(path: string | undefined): ReadSecret {
  return async () => {
    if (path === undefined) return null
    try {
      const content = (await readFile(path, 'utf8')).trim()
      return content === '' ? null : content
    } catch (cause) {
      if (isMissing(cause)) return null
      throw cause
    }
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
}
