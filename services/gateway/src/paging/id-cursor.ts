// Where a page of a list ended, newest first: the id of the last one that was looked at. It need not exist any more: the next
// page goes on behind this place, whatever is written, moved or removed meanwhile.

import { invalidField } from '@postern/service-kit/app-error'

const LENGTH = 22

/** 16 bytes: 22 characters of base64url. */
export const writeCursor = (id: string): string =>
  Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')

/** The id that a request's cursor names. @throws AppError VALIDATION_FAILED for any text that is no cursor of ours */
export function readCursor(text: string): string {
  const hex = Buffer.from(text, 'base64url').toString('hex')
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  // Written again it is the same text: other letters, another length and loose last bits are none of ours.
  if (text.length !== LENGTH || writeCursor(id) !== text)
    throw invalidField('query.cursor', 'is not a cursor of this list')
  return id
}

/** The page of so many of those that were found; one more than them tells that there is another page. */
export function pageOf<T extends { id: string }>(found: readonly T[], limit: number) {
  const items = found.slice(0, limit)
  const last = found.length > limit ? items.at(-1) : undefined
  return { items, next_cursor: last === undefined ? null : writeCursor(last.id) }
}
