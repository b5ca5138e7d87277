// Where Twilio reports of a message: a URL of the gateway's that names sender and delivery and carries our mark, as Twilio
// hands back nothing else of its caller's. Twilio does not send what stands behind the `#`; it reads it: five tries, all
// faults. Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides

import { HOUSE_SENDER } from '@postern/contracts/sender'
import type { Clock } from '@postern/service-kit/clock'
import type { KeyRing } from '@postern/token/key-ring'
import { markQuery } from '@postern/token/receipt-mark'
import type { SmsMessage } from './sender.ts'

export type CallbackOf = (message: Pick<SmsMessage, 'tenantId' | 'deliveryId' | 'attempt'>) => string

export interface CallbackOptions {
  /** Where vendors reach the gateway, without a slash at the end. */
  readonly webhookUrl: string
  readonly ring: KeyRing
  readonly clock: Clock
}

/** How long a URL of ours is believed. */
const VALID_SECONDS = 3 * 86_400

/** @param senderId of the tenant's own; undefined: the installation's */
export function callbackBy({ webhookUrl, ring, clock }: CallbackOptions, senderId?: string): CallbackOf {
  return ({ tenantId, deliveryId, attempt }) => {
    const expiresAt = Math.floor(clock.now().getTime() / 1_000) + VALID_SECONDS
    const query = markQuery(ring, { tenantId, deliveryId, attempt, expiresAt })
    return `${webhookUrl}/v1/webhooks/twilio/${senderId ?? HOUSE_SENDER}/${deliveryId}?${query}#rc=5&rp=all`
  }
}
