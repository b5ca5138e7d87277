// Stamps: a small file beside what was made, holding the digest of what it was made from. Same digest, nothing
// to do. A stamp is written last, so that work cut short is done again.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** Digest of the given texts and of the files' contents; a missing file counts as empty. */
export function digestOf({ texts = [], files = [] }) {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${text.length}:${text}`)
  for (const file of files) {
    const content = existsSync(file) ? readFileSync(file) : Buffer.alloc(0)
    hash.update(`${content.length}:`).update(content)
  }
  return hash.digest('hex')
}

export function isCurrent(stamp, digest) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === digest
}

export function writeStamp(stamp, digest) {
  writeFileSync(stamp, `${digest}\n`)
}
