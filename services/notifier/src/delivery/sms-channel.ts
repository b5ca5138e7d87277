// Deliveries by SMS: the sealed payload opened and rendered for exactly one number. The text of a delivery is the same
// each time it is made, whenever that is: by it a vendor is asked whether it has the message already.

import { findBuiltIn } from '@postern/template/built-in/catalogue'
import { endWithOrigin } from '@postern/template/built-in/otp-sms'
import { displayName, shortName } from '@postern/template/display-name'
import { renderSms } from '@postern/template/render-template'
import { TemplateError } from '@postern/template/template-error'
import type { SmsMessage } from '../sender/sender.ts'
import type { VendorRouter } from '../sender/vendor-router.ts'
import type { Channel, Moment } from './channel.ts'
import type { Claim } from './delivery.ts'
import { OTP_BY_SMS, openPayload, type SealRing } from './payload.ts'

export interface SmsChannelOptions {
  readonly sealRing: SealRing
  readonly vendors: VendorRouter<SmsMessage>
}

export function createSmsChannel({ sealRing, vendors }: SmsChannelOptions): Channel<SmsMessage> {
  return { name: 'sms', vendors, compose: (claim) => composeSms(claim, sealRing) }
}

function composeSms(claim: Claim, sealRing: SealRing): (moment: Moment) => SmsMessage {
  if (claim.template !== 'otp') throw new TemplateError('template_missing')
  const { to, code, tenant_name, origin_domain } = openPayload(sealRing, claim, OTP_BY_SMS)
  const parts = findBuiltIn(claim.template, claim.locale)?.parts.sms
  if (!parts) throw new TemplateError('template_missing')
  const name = shortName(displayName(tenant_name)) || origin_domain
  const text = endWithOrigin(renderSms(parts, { tenant_name: name, code }), { code, domain: origin_domain })
  const { tenantId, deliveryId } = claim
  return ({ attempt, secondsLeft }) => ({
    tenantId,
    deliveryId,
    attempt,
    to,
    text,
    validForSeconds: Math.max(1, Math.floor(secondsLeft)),
  })
}
