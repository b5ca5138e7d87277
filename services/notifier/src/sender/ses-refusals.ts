// What Amazon SES's errors mean where the HTTP status does not say it: most of them share 400.
// Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors

import type { SendOutcome } from './sender.ts'

const retryable = (code: string): SendOutcome => ({ kind: 'retryable', code })

const MEANINGS: Readonly<Record<string, SendOutcome>> = {
  AccountSuspendedException: retryable('vendor_account_refused'),
  SendingPausedException: retryable('vendor_account_refused'),
  MailFromDomainNotVerifiedException: retryable('vendor_misconfigured'),
  // Says it of an address of ours that is not verified, and of contents that SES alone finds wrong.
  MessageRejected: retryable('vendor_refused_message'),
  LimitExceededException: retryable('vendor_rate_limited'),
  Throttling: retryable('vendor_rate_limited'),
  ThrottlingException: retryable('vendor_rate_limited'),
}

/** @param type the header `x-amzn-errortype`, which may have an address behind a colon */
export function refusalOf(type: string | string[] | undefined): SendOutcome | undefined {
  const [name = ''] = typeof type === 'string' ? type.split(':') : []
  return Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined
}
