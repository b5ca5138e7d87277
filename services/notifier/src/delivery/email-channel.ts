// Deliveries by e-mail: the sealed payload opened, rendered, and addressed to exactly one recipient.

import { findBuiltIn } from '@postern/template/built-in/catalogue'
import { displayName } from '@postern/template/display-name'
import { renderEmail } from '@postern/template/render-template'
import { TemplateError } from '@postern/template/template-error'
import type { Variables } from '@postern/template/template-parts'
import type { EmailMessage } from '../sender/sender.ts'
import type { VendorRouter } from '../sender/vendor-router.ts'
import type { Channel, Moment } from './channel.ts'
import type { Claim } from './delivery.ts'
import { MAGIC_LINK, OTP_BY_EMAIL, openPayload, type SealRing } from './payload.ts'

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
  const { to, name, values } = contentOf(claim, sealRing)
  const parts = findBuiltIn(claim.template, claim.locale)?.parts.email
  if (!parts) throw new TemplateError('template_missing')
  const mail = renderEmail(parts, { tenant_name: name, ...values })
  const sender = { email: from, name }
  const { tenantId, deliveryId } = claim
  const html = mail.html ?? ''
  return ({ attempt }) => ({ tenantId, deliveryId, attempt, to, from: sender, ...mail, html })
}

interface Content {
  readonly to: string
  /** Who it is from, fit to be shown. */
  readonly name: string
  readonly values: Variables
}

function contentOf(claim: Claim, sealRing: SealRing): Content {
  const minutes = Math.max(1, Math.floor((claim.secondsLeft + GRACE_SECONDS) / 60))
  switch (claim.template) {
    case 'magic_link': {
      const { to, link, tenant_name } = openPayload(sealRing, claim, MAGIC_LINK)
      return { to, name: displayName(tenant_name) || new URL(link).host, values: { link, minutes } }
    }
    case 'otp': {
      const { to, code, tenant_name, origin_domain, ...told } = openPayload(sealRing, claim, OTP_BY_EMAIL)
      const values = { code, minutes: Math.min(minutes, told.minutes) }
      return { to, name: displayName(tenant_name) || origin_domain, values }
    }
    default:
      throw new TemplateError('template_missing')
  }
}
