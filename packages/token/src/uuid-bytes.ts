// A UUID as 16 bytes and as text (RFC 9562, section 4). Only the 36-character form is read; text made here is lower case.

export class UuidError extends Error {
  override readonly name = 'UuidError'
  constructor() {
    super('This is not a UUID.')
  }
}

/** Writes the 16 bytes of a UUID's text into `target` at `offset`; throws UuidError when the text is none. */
export function writeUuid(text: string, target: Buffer, offset: number): void {
  if (!hasDashes(text)) throw new UuidError()
  const hex = text.slice(0, 8) + text.slice(9, 13) + text.slice(14, 18) + text.slice(19, 23) + text.slice(24)
  // Node stops at the first character that is not hexadecimal, so a short count is a bad one.
  if (target.write(hex, offset, 16, 'hex') !== 16) throw new UuidError()
}

/** The 16 bytes of a UUID's text; throws UuidError when the text is none. */
export function uuidToBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(16)
  writeUuid(text, bytes, 0)
  return bytes
}

/** The UUID that stands in `bytes` from `offset` on; throws UuidError when fewer than 16 bytes are left. */
export function bytesToUuid(bytes: Buffer, offset = 0): string {
  const hex = bytes.toString('hex', offset, offset + 16)
  if (hex.length !== 32) throw new UuidError()
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function hasDashes(text: string): boolean {
  return text.length === 36 && text[8] === '-' && text[13] === '-' && text[18] === '-' && text[23] === '-'
}
