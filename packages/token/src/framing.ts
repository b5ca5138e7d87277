// One unambiguous byte string for several parts: each part is preceded by its length as four bytes, big end first.
// Two different lists of parts therefore never give the same bytes, wherever the borders between them lie.

export class FramingError extends Error {
  override readonly name = 'FramingError'
  constructor() {
    super('A part is not well-formed text.')
  }
}

export type Part = string | Uint8Array

/**
 * The framed bytes of `parts`; text is taken as UTF-8.
 * @throws FramingError for text with a lone surrogate: UTF-8 would turn all of them into the same character
 */
export function frame(...parts: readonly Part[]): Buffer {
  let size = 0
  for (const part of parts) size += 4 + sizeOf(part)
  const framed = Buffer.allocUnsafe(size)
  let at = 0
  for (const part of parts) {
    const start = at + 4
    at = start + put(part, framed, start)
    framed.writeUInt32BE(at - start, start - 4)
  }
  return framed
}

function sizeOf(part: Part): number {
  return typeof part === 'string' ? Buffer.byteLength(part) : part.byteLength
}

function put(part: Part, target: Buffer, offset: number): number {
  if (typeof part === 'string') {
    if (!part.isWellFormed()) throw new FramingError()
    return target.write(part, offset)
  }
  target.set(part, offset)
  return part.byteLength
}
