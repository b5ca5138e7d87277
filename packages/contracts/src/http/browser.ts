// Bodies of browser mode: what pages send, and what they may know. No token of the API ever reaches one.

import { type Static, Type } from 'typebox'

export const CsrfToken = Type.Object({
  csrf_token: Type.String({ description: 'to be sent as X-CSRF-Token; the same as in the readable cookie' }),
})
export type CsrfToken = Static<typeof CsrfToken>
