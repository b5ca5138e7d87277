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
import { twilioDouble } from './twilio/twilio.double.ts'
import { twilioWebhook } from './twilio/twilio-webhook.ts'
import type { VendorDouble } from './vendor-double.ts'
import type { VendorWebhook } from './vendor-webhook.ts'

export interface DoubleDeps {
  readonly clock: Clock
  readonly random: Random
  readonly keys: VendorKeys
}

/** A key of each vendor. To be shown by a caller, undefined: anything in the right form will do. */
export interface VendorKeys {
  readonly sendgrid: ReadSecret | undefined
  readonly ses: ReadSecret | undefined
  readonly gateway: ReadSecret | undefined
  readonly twilio: ReadSecret | undefined
}

/** Those that speak HTTP; the mail server has a port of its own. */
export function vendorDoubles({ clock, random, keys }: DoubleDeps): readonly VendorDouble[] {
  return [
    sendgridDouble({ clock, random, expectedKey: keys.sendgrid }),
    sesDouble({ clock, random, expectedKeys: keys.ses }),
    gatewayDouble({ clock, random, expectedKeys: keys.gateway }),
    twilioDouble({ clock, expectedToken: keys.twilio }),
  ]
}

export interface WebhookDeps {
  /** What each vendor signs with; undefined: its receipts cannot be sent. */
  readonly receiptKeys: VendorKeys
  readonly sesTopic: string
  readonly publicUrl: () => string
}

/** Those that tell the gateway what became of a message. */
export function vendorWebhooks({ receiptKeys, sesTopic, publicUrl }: WebhookDeps): readonly VendorWebhook[] {
  return [
    sendgridWebhook(receiptKeys.sendgrid),
    sesWebhook({ readKey: receiptKeys.ses, topicArn: sesTopic, publicUrl }),
    gatewayWebhook(receiptKeys.gateway),
    twilioWebhook(receiptKeys.twilio),
  ]
}
