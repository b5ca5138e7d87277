// Deliveries by e-mail: the sealed payload opened, rendered, and addressed to exactly one recipient.

import { displayName } from '@postern/template/display-name'
import { renderEmail } from '@postern/template/render-template'
import { TemplateError } from '@postern/template/template-error'
import type { Variables } from '@postern/template/template-parts'
import type { EmailMessage } from '../sender/sender.ts'
import type { VendorRouter } from '../sender/vendor-router.ts'
import type { Channel, Moment } from './channel.ts'
import type { Claim } from './delivery.ts'
import { MAGIC_LINK, MESSAGE_BY_EMAIL, OTP_BY_EMAIL, openPayload, type SealRing } from './payload.ts'

/** What issuing and relaying took is not held against the minutes that the tenant set. */
const GRACE_SECONDS = 15

export interface EmailChannelOptions {
  readonly sealRing: SealRing
  /** The address that every mail comes from. */
  readonly from: string
  readonly vendors: VendorRouter<EmailMessage>
}

export function createEmailChannel({ sealRing, from, vendors }: EmailChannelOptions): Channel<EmailMessage> {
  return { name: 'email', vendors, compose: (claim) => composeEmail(claim, sealRing, from) }
}

function composeEmail(claim: Claim, sealRing: SealRing, from: string): (moment: Moment) => EmailMessage {
  const parts = claim.wording.parts?.email
  if (!parts) throw new TemplateError('template_missing')
  const { to, name, values } = contentOf(claim, sealRing)
  const shown = name || from.slice(from.lastIndexOf('@') + 1)
  const mail = renderEmail(parts, { ...values, tenant_name: shown })
  const sender = { email: from, name: shown }
  const { tenantId, deliveryId } = claim
  return ({ attempt }) => ({ tenantId, deliveryId, attempt, to, from: sender, ...mail })
}

interface Content {
  readonly to: string
  /** Who it is from, fit to be shown; empty: nothing of it is. */
  readonly name: string
  readonly values: Variables
}

function contentOf(claim: Claim, sealRing: SealRing): Content {
  const minutes = Math.max(1, Math.floor((claim.secondsLeft + GRACE_SECONDS) / 60))
  switch (claim.template) {
    case 'magic_link': {
      const { to, link, tenant_name } = openPayload(sealRing, claim, MAGIC_LINK)
      const { host } = new URL(link)
      return { to, name: displayName(tenant_name) || host, values: { link, minutes, origin_domain: host } }
    }
    case 'otp': {
      const { to, code, tenant_name, origin_domain, ...told } = openPayload(sealRing, claim, OTP_BY_EMAIL)
      const values = { code, minutes: Math.min(minutes, told.minutes), origin_domain }
      return { to, name: displayName(tenant_name) || origin_domain, values }
    }
    default: {
      const { to, variables } = openPayload(sealRing, claim, MESSAGE_BY_EMAIL)
      return { to, name: displayName(claim.tenantName ?? ''), values: variables }
    }
  }
}
