// A sign-in that waits for its next factor, as a page holds it: tied to the browser in which it began.

import { AppError } from '@postern/service-kit/app-error'
import type { BrowserCaller } from '@postern/service-kit/caller'
import type { BrowserCookie } from '@postern/token/browser-place'
import type { KeyRing } from '@postern/token/key-ring'
import { tieSecret, untieSecret } from '@postern/token/tied-secret'

type Browser = Pick<BrowserCaller, 'tenantId' | 'cookie'>

/** What the page gets to see of the API's token. */
export const tieMfaToken = (csrf: KeyRing, browser: Browser, mfaToken: string): string =>
  tieSecret(csrf, placeOf(browser), mfaToken)

/** What the API would take. @throws AppError INVALID_TOKEN for another browser's */
export function untieMfaToken(csrf: KeyRing, browser: Browser, text: string): string {
  const mfaToken = untieSecret(csrf, placeOf(browser), text)
  if (mfaToken === null) throw new AppError('INVALID_TOKEN', { reason: 'mfa token of another browser' })
  return mfaToken
}

/** While no CSRF token is asked for, a browser may come without any cookie: then everything is tied to none. */
const NONE: BrowserCookie = { kind: 'visitor', value: '' }
const placeOf = ({ tenantId, cookie }: Browser) => ({ tenantId, cookie: cookie ?? NONE })
