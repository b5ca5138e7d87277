// The code of a challenge, and what its message is made of.

import type { CallerTenant } from '@postern/service-kit/caller'
import { fixedOtp, mintOtp } from '@postern/token/otp-code'
import type { Identifier } from '../identifier.ts'
import type { Carrier, IssueDeps } from './make-challenge.ts'

/** How long a code works, from when it is due. */
export const CODE_TTL_SECONDS = 300

/** A drawn code; a test destination has its own, and is sent nothing. */
export function mintCode(
  { pepper, random }: IssueDeps,
  tenant: CallerTenant,
  identifier: Identifier,
  challengeId: string,
): Carrier {
  const place = { tenantId: tenant.id, challengeId }
  const known = tenant.testDestinations.find(({ to }) => to === identifier.identityKey)
  const { code, ...secret } = known
    ? fixedOtp(pepper, place, known.code)
    : mintOtp(pepper, { ...place, random: (n) => random.bytes(n) })
  return {
    secret,
    payload: { code, origin_domain: originOf(tenant), minutes: CODE_TTL_SECONDS / 60 },
    codeChallenge: null,
    redirectUrl: null,
    ttlSeconds: CODE_TTL_SECONDS,
    withheld: known !== undefined,
  }
}

/** Whose pages may fill the code in by themselves: the last line of an SMS binds it to this host. */
const originOf = ({ allowedRedirects: [first] }: CallerTenant) => new URL(first ?? 'about:blank').hostname
