// Deliveries by e-mail: the sealed payload opened, rendered, and addressed to exactly one recipient.

import type { KeyRing } from '@postern/token/key-ring'
import type { EmailMessage } from '../sender/sender.ts'
import type { VendorRouter } from '../sender/vendor-router.ts'
import { displayName } from '../template/display-name.ts'
import { render } from '../template/render.ts'
import type { Channel } from './channel.ts'
import type { Claim } from './delivery.ts'
import { openPayload } from './payload.ts'

/** What issuing and relaying took is not held against the minutes that the tenant set. */
const GRACE_SECONDS = 15

export interface SealRing {
  readonly ring: KeyRing
  /** Looks for new keys at once. */
  refresh(): void
}

export interface EmailChannelOptions {
  readonly sealRing: SealRing
  /** The address that every mail comes from. */
  readonly from: string
  readonly vendors: VendorRouter<EmailMessage>
}

export function createEmailChannel({ sealRing, from, vendors }: EmailChannelOptions): Channel<EmailMessage> {
  return { name: 'email', vendors, compose: (claim) => composeEmail(claim, sealRing, from) }
}

function composeEmail(claim: Claim, sealRing: SealRing, from: string): (attempt: number) => EmailMessage {
  // The gateway may have seen a rotated key before we did.
  if (sealRing.ring.get(claim.payloadVersion ?? 0) === undefined) sealRing.refresh()
  const payload = openPayload(sealRing.ring, claim)
  const tenantName = displayName(payload.tenant_name) || new URL(payload.link).host
  const mail = render(claim.template, claim.locale, {
    tenant_name: tenantName,
    link: payload.link,
    minutes: Math.max(1, Math.floor((claim.secondsLeft + GRACE_SECONDS) / 60)),
  })
  const sender = { email: from, name: tenantName }
  const { deliveryId } = claim
  return (attempt) => ({ deliveryId, attempt, to: payload.to, from: sender, ...mail })
}
