// Every vendor that the sandbox stands in for, by name: a new vendor is a file and a line here.

import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { ReadSecret } from '../secret-file.ts'
import { gatewayDouble } from './gateway/gateway.double.ts'
import { sendgridDouble } from './sendgrid/sendgrid.double.ts'
import { sesDouble } from './ses/ses.double.ts'
import { twilioDouble } from './twilio/twilio.double.ts'
import type { VendorDouble } from './vendor-double.ts'

export interface DoubleDeps {
  readonly clock: Clock
  readonly random: Random
  readonly keys: VendorKeys
}

/** What a caller of each vendor must show; undefined: anything in the right form will do. */
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
