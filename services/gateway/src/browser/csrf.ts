// Signed double submit: what a page reads from its cookie it sends back as a header, and the token is this browser's.

import type { BrowserPlace } from '@postern/token/browser-place'
import { checkCsrfToken } from '@postern/token/csrf-token'
import { equalDigest } from '@postern/token/digest'
import type { KeyRing } from '@postern/token/key-ring'

export interface CsrfProof {
  header: string | undefined
  cookie: string | undefined
}

/** Why a request does not prove that a page of this browser sent it; undefined: it does. */
export function csrfFault(
  ring: KeyRing,
  tenantId: string,
  cookie: BrowserPlace['cookie'] | null,
  proof: CsrfProof,
): string | undefined {
  if (proof.header === undefined) return 'no CSRF token in the header'
  if (proof.cookie === undefined) return 'no CSRF token in the cookie'
  if (cookie === null) return 'no cookie that the CSRF token could belong to'
  if (!equalDigest(Buffer.from(proof.header), Buffer.from(proof.cookie)))
    return 'CSRF header and cookie differ'
  return checkCsrfToken(ring, { tenantId, cookie }, proof.header)
    ? undefined
    : 'CSRF token is not of this browser'
}
