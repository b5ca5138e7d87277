// An answer by which nothing was accepted, whatever the vendor says in it.

import type { VendorAnswer } from './vendor-double.ts'

export function refusedAnswer(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): VendorAnswer {
  const all = { 'content-type': 'application/json', ...headers }
  return { status, headers: all, body, accepted: false, messageId: null, messages: [] }
}
