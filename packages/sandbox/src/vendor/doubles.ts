// Every vendor that the sandbox stands in for, by name: a new vendor is a file and a line here.

import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { ReadSecret } from '../secret-file.ts'
import { gatewayDouble } from './gateway/gateway.double.ts'
import { gatewayWebhook } from './gateway/gateway-webhook.ts'
import { sendgridDouble } from './sendgrid/sendgrid.double.ts'
import { sendgridWebhook } from './sendgrid/sendgrid-webhook.ts'
import { sesDouble } from './ses/ses.double.ts'
import { sesWebhook } from './ses/ses-webhook.ts'
import { SentMessages } from './twilio/sent-message.ts'
import { twilioDouble } from './twilio/twilio.double.ts'
import { twilioWebhook } from './twilio/twilio-webhook.ts'
import type { VendorDouble } from './vendor-double.ts'
import type { VendorWebhook } from './vendor-webhook.ts'

export interface DoubleDeps {
  readonly clock: Clock
  readonly random: Random
  /** What a caller must show; undefined: anything in the right form will do. */
  readonly keys: VendorKeys
  /** What each vendor signs receipts with; undefined: they cannot be sent. */
  readonly receiptKeys: VendorKeys
  readonly sesTopic: string
  readonly publicUrl: () => string
}

export interface VendorKeys {
  readonly sendgrid: ReadSecret | undefined
  readonly ses: ReadSecret | undefined
  readonly gateway: ReadSecret | undefined
  readonly twilio: ReadSecret | undefined
}

/** Those that speak HTTP, the mail server has a port of its own; and those that tell what became of a message. */
export function openVendors(deps: DoubleDeps): {
  readonly doubles: readonly VendorDouble[]
  readonly webhooks: readonly VendorWebhook[]
} {
  const { clock, keys, receiptKeys, sesTopic, publicUrl } = deps
  const random = (provider: string) => deps.random.stream(`ids of ${provider}`)
  const messages = new SentMessages(random('twilio'))
  return {
    doubles: [
      sendgridDouble({ clock, random: random('sendgrid'), expectedKey: keys.sendgrid }),
      sesDouble({ clock, random: random('ses'), expectedKeys: keys.ses }),
      gatewayDouble({ clock, random: random('gateway'), expectedKeys: keys.gateway }),
      twilioDouble({ clock, messages, expectedToken: keys.twilio }),
    ],
    webhooks: [
      sendgridWebhook(receiptKeys.sendgrid),
      sesWebhook({ readKey: receiptKeys.ses, topicArn: sesTopic, publicUrl }),
      gatewayWebhook(receiptKeys.gateway),
      twilioWebhook({ readToken: receiptKeys.twilio, messages }),
    ],
  }
}
