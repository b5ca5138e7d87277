// A name that a stranger chose, made fit to be shown in a subject, a sender's name or a line of text: one line, no control
// character, nothing that turns the direction of writing. Joiners stay: Persian, Hindi and emoji are written with them.

const MAX_LENGTH = 100
const UNFIT = /(?:(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Zs}])+/gu
const EDGES = /^[\s\u200c\u200d]+|[\s\u200c\u200d]+$/gu

/** What an SMS has room for: longer names would cost a second one. */
const SHORT_LENGTH = 30

let characters: Intl.Segmenter | undefined

/** The name's beginning, cut between characters as people see them. Takes a display name. */
export function shortName(name: string): string {
  // Made by the first name: that takes as long as all else of a small file's import.
  characters ??= new Intl.Segmenter('en', { granularity: 'grapheme' })
  const seen = Array.from(characters.segment(name), ({ segment }) => segment)
  return seen.length <= SHORT_LENGTH ? name : seen.slice(0, SHORT_LENGTH).join('').replace(EDGES, '')
}

/** May answer an empty text. */
export function displayName(name: string): string {
  const plain = name.normalize('NFC').replace(UNFIT, ' ').replace(EDGES, '')
  return [...plain].slice(0, MAX_LENGTH).join('').replace(EDGES, '')
}
