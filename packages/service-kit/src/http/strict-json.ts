// JSON as one text has one meaning: what parsers read in different ways is refused instead of guessed.

import { isUtf8 } from 'node:buffer'

const MAX_DEPTH = 32

/** The body is not JSON, or not unambiguous JSON. The message names the fault, never the text. */
export class StrictJsonError extends Error {
  override readonly name = 'StrictJsonError'
}

/**
 * Parses UTF-8 JSON. Refused: invalid UTF-8, a byte order mark, anything behind the value, duplicate keys, the key
 * `__proto__`, NUL and lone surrogates in strings (no database stores them), more than 32 levels.
 * @throws StrictJsonError
 */
export function parseStrictJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new StrictJsonError('is not UTF-8')
  const text = bytes.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new StrictJsonError('is not JSON')
  }
  inspect(text)
  return value
}

/** Walks a text that is known to be JSON, so it needs to know strings, brackets and commas only. */
function inspect(text: string): void {
  // One entry a level: the keys so far of an object, null for an array.
  const levels: (Set<string> | null)[] = []
  let expectsKey = false
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) {
      const end = endOfString(text, at)
      const content = stringContent(text, at, end)
      if (expectsKey) addKey(levels.at(-1), content)
      expectsKey = false
      at = end
    } else if (char === OPEN_OBJECT || char === OPEN_ARRAY) {
      levels.push(char === OPEN_OBJECT ? new Set() : null)
      if (levels.length > MAX_DEPTH) throw new StrictJsonError('is nested too deeply')
      expectsKey = char === OPEN_OBJECT
    } else if (char === CLOSE_OBJECT || char === CLOSE_ARRAY) {
      levels.pop()
      expectsKey = false
    } else if (char === COMMA) {
      expectsKey = levels.at(-1) != null
    }
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d

/** Where the string that begins at `start` has its closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at
}

function stringContent(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end)
  if (!raw.includes('\\')) return raw
  const content: string = JSON.parse(text.slice(start, end + 1))
  if (content.includes('\0')) throw new StrictJsonError('holds a NUL character')
  if (!content.isWellFormed()) throw new StrictJsonError('holds half a character')
  return content
}

function addKey(keys: Set<string> | null | undefined, key: string): void {
  if (key === '__proto__') throw new StrictJsonError('holds a key that is not allowed')
  if (keys?.has(key)) throw new StrictJsonError('holds a key twice')
  keys?.add(key)
}
