// Deliveries by SMS: the sealed payload opened and rendered for exactly one number. The text of a delivery is the same
// each time it is made, whenever that is: by it a vendor is asked whether it has the message already.

import { endWithOrigin } from '@postern/template/built-in/otp-sms'
import { displayName, shortName } from '@postern/template/display-name'
import { renderSms } from '@postern/template/render-template'
import { TemplateError } from '@postern/template/template-error'
import { OUTPUT_LIMITS, type SmsParts } from '@postern/template/template-parts'
import type { SmsMessage } from '../sender/sender.ts'
import type { VendorRouter } from '../sender/vendor-router.ts'
import type { Channel, Moment } from './channel.ts'
import type { Claim } from './delivery.ts'
import { MESSAGE_BY_SMS, OTP_BY_SMS, openPayload, type SealRing } from './payload.ts'

export interface SmsChannelOptions {
  readonly sealRing: SealRing
  readonly vendors: VendorRouter<SmsMessage>
}

export function createSmsChannel({ sealRing, vendors }: SmsChannelOptions): Channel<SmsMessage> {
  return { name: 'sms', vendors, compose: (claim) => composeSms(claim, sealRing) }
}

function composeSms(claim: Claim, sealRing: SealRing): (moment: Moment) => SmsMessage {
  const parts = claim.wording.parts?.sms
  if (!parts) throw new TemplateError('template_missing')
  const { to, text } =
    claim.template === 'otp' ? codeOf(claim, sealRing, parts) : messageOf(claim, sealRing, parts)
  if (text.length > OUTPUT_LIMITS['sms.text']) throw new TemplateError('template_failed')
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

interface Written {
  readonly to: string
  readonly text: string
}

/** Whoever wrote the rest, the last line is ours. */
function codeOf(claim: Claim, sealRing: SealRing, parts: SmsParts): Written {
  const { to, code, tenant_name, origin_domain, minutes } = openPayload(sealRing, claim, OTP_BY_SMS)
  const name = shortName(displayName(tenant_name)) || origin_domain
  const text = renderSms(parts, { tenant_name: name, code, minutes, origin_domain })
  return { to, text: endWithOrigin(text, { code, domain: origin_domain }) }
}

function messageOf(claim: Claim, sealRing: SealRing, parts: SmsParts): Written {
  const { to, variables } = openPayload(sealRing, claim, MESSAGE_BY_SMS)
  const name = shortName(displayName(claim.tenantName ?? ''))
  return { to, text: renderSms(parts, { ...variables, tenant_name: name }) }
}
