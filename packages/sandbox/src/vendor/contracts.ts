// The contract of every vendor that speaks HTTP, by name.

import type { Operation } from './contract.ts'
import { GATEWAY_CONTRACT } from './gateway/gateway-contract.ts'
import { SENDGRID_CONTRACT } from './sendgrid/sendgrid-contract.ts'
import { SES_CONTRACT } from './ses/ses-contract.ts'
import { TWILIO_CONTRACT } from './twilio/twilio-contract.ts'

export const CONTRACTS: ReadonlyMap<string, readonly Operation[]> = new Map([
  ['sendgrid', SENDGRID_CONTRACT],
  ['ses', SES_CONTRACT],
  ['gateway', GATEWAY_CONTRACT],
  ['twilio', TWILIO_CONTRACT],
])
