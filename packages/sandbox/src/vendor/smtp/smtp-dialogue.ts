// What a scripted fault means in an SMTP dialogue: at which step it shows, and what is said there.
//
// `status` may be a reply code of SMTP's own (421, 450–455, 530, 535, 550–556) or one of HTTP's, as scripts for any vendor
// use it: then the server says what an SMTP server says in that state. 401 and 403: the login is refused. 429: come back
// later. 413: too large. Other 4xx: the recipient is refused for good. 5xx: it failed, and nothing was taken.

import type { Fault } from '../../fault/fault.ts'

/** Where a server can say no: at the login, the sender, the recipient, or after the whole mail. */
export type Step = 'login' | 'sender' | 'recipient' | 'mail'

export interface Refusal {
  readonly at: Step
  readonly code: number
  readonly text: string
}

const STEPS: Readonly<Record<number, Step>> = {
  421: 'sender',
  450: 'recipient',
  454: 'login',
  530: 'sender',
  535: 'login',
  550: 'recipient',
  551: 'recipient',
  553: 'recipient',
}
const OWN_CODES = new Set([421, 450, 451, 452, 454, 455, 530, 535, 550, 551, 552, 553, 554, 555, 556])

/** @param status of a fault in mode `status`; `errorCode` takes the place of the enhanced status code (RFC 3463) */
export function refusalOf(status: number, errorCode?: string | number): Refusal {
  const { code, enhanced } = replyOf(status)
  return {
    at: STEPS[code] ?? 'mail',
    code,
    text: `${errorCode ?? enhanced} The server does not take this mail`,
  }
}

function replyOf(status: number): { code: number; enhanced: string } {
  if (OWN_CODES.has(status)) return { code: status, enhanced: `${Math.floor(status / 100)}.0.0` }
  if (status === 401 || status === 403) return { code: 535, enhanced: '5.7.8' }
  if (status === 429) return { code: 421, enhanced: '4.7.0' }
  if (status === 413) return { code: 552, enhanced: '5.3.4' }
  return status < 500 ? { code: 550, enhanced: '5.1.1' } : { code: 451, enhanced: '4.3.0' }
}

/** Faults that show before the mail is looked at, whatever it is. */
export function showsAtOnce({ mode, status }: Fault): boolean {
  return mode === 'timeout' || mode === 'reset_before' || (mode === 'bad_body' && status !== undefined)
}
