// What Twilio's own error codes mean where the HTTP status does not say it. A code that is not here goes by its status, so a
// 4xx that nobody knows is for good. Source: https://www.twilio.com/docs/api/errors

import type { SendOutcome } from './sender.ts'

/** The recipient, or a guard against abuse, said no: another vendor would only be a way around it. */
const GUARDED = {
  21610: 'recipient_opted_out',
  30450: 'pumping_blocked',
}

/** No message reaches this number, whoever sends it. */
const RECIPIENT = {
  21211: 'recipient_invalid',
  21217: 'recipient_invalid',
  21612: 'recipient_unroutable',
  21614: 'recipient_not_mobile',
  21635: 'recipient_landline',
}

/** Something is wrong with our account or its senders, not with the message. */
const ACCOUNT = {
  10001: 'vendor_account_refused',
  20003: 'vendor_account_refused',
  20005: 'vendor_account_refused',
  20008: 'vendor_account_refused',
  21212: 'vendor_misconfigured',
  21408: 'vendor_region_not_enabled',
  21603: 'vendor_misconfigured',
  21606: 'vendor_misconfigured',
  21608: 'vendor_account_refused',
  21659: 'vendor_misconfigured',
  21660: 'vendor_misconfigured',
  21701: 'vendor_misconfigured',
  21703: 'vendor_misconfigured',
  21704: 'vendor_misconfigured',
}

const MEANINGS: ReadonlyMap<number, SendOutcome> = new Map([
  ...entries({ ...GUARDED, ...RECIPIENT }, (code) => ({ kind: 'permanent', code })),
  ...entries(ACCOUNT, (code) => ({ kind: 'retryable', code })),
])

/** @param code Twilio's; undefined: its answer named none */
export const refusalOf = (code: number | undefined): SendOutcome | undefined =>
  code === undefined ? undefined : MEANINGS.get(code)

function entries(
  codes: Readonly<Record<number, string>>,
  outcome: (code: string) => SendOutcome,
): [number, SendOutcome][] {
  return Object.entries(codes).map(([code, ours]) => [Number(code), outcome(ours)])
}
