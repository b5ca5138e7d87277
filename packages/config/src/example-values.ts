// Knows the values that people copy from a page or type to get on: they are refused, whatever their length. The rules
// are so narrow that a random value meets one less than once in ten million times.

const COPIED =
  /changeme|example|placeholder|password|replaceme|xxxxxx|insertyour|youradmin|yourapi|yoursecret/
const COUNTED = /^(0?123456789|abcdefgh|deadbeef|qwerty)/
const FEWEST_CHARACTERS = 5
const FEWEST_BYTES = 16

/** Whether a text secret is an example, a counted row or a few characters over and over. */
export function isExampleText(text: string): boolean {
  const bare = text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  return (
    COPIED.test(bare) ||
    COUNTED.test(bare) ||
    ['secret', 'postern', 'default', 'admin', 'test', 'todo', 'postgres'].includes(bare) ||
    /^<.*>$/.test(text) ||
    new Set(text).size < FEWEST_CHARACTERS
  )
}

/** Whether 32 bytes were surely not drawn at random: few different ones, even steps, or readable text. */
export function isExampleKey(bytes: Buffer): boolean {
  const step = (bytes.readUInt8(1) - bytes.readUInt8(0)) & 0xff
  const isEven = bytes.every((byte, at) => at === 0 || ((byte - bytes.readUInt8(at - 1)) & 0xff) === step)
  const isReadable = bytes.every((byte) => byte >= 0x20 && byte < 0x7f)
  return isEven || isReadable || new Set(bytes).size < FEWEST_BYTES
}
