// A name that a stranger chose, made fit to be shown in a subject, a sender's name or a line of text: one line, no control
// character, nothing that turns the direction of writing. Joiners stay: Persian, Hindi and emoji are written with them.

const MAX_LENGTH = 100
const UNFIT = /(?:(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Zs}])+/gu
const EDGES = /^[\s\u200c\u200d]+|[\s\u200c\u200d]+$/gu

/** May answer an empty text. */
export function displayName(name: string): string {
  const plain = name.normalize('NFC').replace(UNFIT, ' ').replace(EDGES, '')
  return [...plain].slice(0, MAX_LENGTH).join('').replace(EDGES, '')
}
