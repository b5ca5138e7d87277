// What an SMTP dialogue means, told by how far it came and by the reply's number alone; a server's words are not read.
//
// | seen                                                    | means                                                  |
// |---------------------------------------------------------|--------------------------------------------------------|
// | 2xx after the whole mail                                | accepted                                               |
// | no connection, no TLS, 4xx anywhere, broken off earlier | not sent: later                                        |
// | login or sender refused (5xx)                           | not sent: our account or address is wrong, not the mail|
// | recipient refused (5xx, but 5.7.x: our account)         | not sent: nothing goes to this recipient               |
// | the mail refused (5xx, before it or after it)           | not sent: this mail never will be                      |
// | broken off, silent or no reply after the final dot      | unknown: it may have been sent                         |
//
// Source: RFC 5321, 4.2.1 and 4.2.5: who answers 250 takes responsibility for the mail, and nobody else does.

import { FAILURES, failureOf } from './http-outcome.ts'
import { NOT_BEGUN, type SendOutcome } from './sender.ts'

export interface Progress {
  /** The call began too late: nothing of the mail was written. */
  readonly tooLate: boolean
  /** The final dot may have left. */
  readonly dotMayHaveLeft: boolean
  readonly timedOut: boolean
}

/** What nodemailer's errors have, as far as it is read. */
interface SmtpError {
  readonly code?: unknown
  /** Of the system error behind it. */
  readonly originalCode?: unknown
  readonly responseCode?: unknown
  readonly response?: unknown
  readonly command?: unknown
}

export function classifySmtp(error: unknown, progress: Progress): SendOutcome {
  const { responseCode, response, command, ...codes } = (error ?? {}) as SmtpError
  if (progress.tooLate) return NOT_BEGUN
  if (typeof responseCode === 'number' && responseCode >= 400 && responseCode < 600)
    return byReply(responseCode, enhancedOf(response), String(command))
  const code = progress.timedOut ? 'timeout' : failureCode(codes)
  if (progress.dotMayHaveLeft) return { kind: 'unknown', code }
  return code === 'mail_refused' ? { kind: 'permanent', code } : { kind: 'retryable', code }
}

function byReply(reply: number, enhanced: string, command: string): SendOutcome {
  const code = `smtp_${reply}`
  if (reply < 500) return { kind: 'retryable', code }
  if (command.startsWith('AUTH') || reply === 530 || reply === 535)
    return { kind: 'retryable', code: 'vendor_account_refused' }
  if (command === 'DATA') return { kind: 'permanent', code }
  if (command === 'RCPT TO' && !enhanced.startsWith('5.7.')) return { kind: 'permanent', code }
  return { kind: 'retryable', code: 'vendor_misconfigured' }
}

/** The enhanced status code (RFC 3463) behind a reply's number; '' without one. */
const enhancedOf = (response: unknown) =>
  /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(String(response))?.[1] ?? ''

const NODEMAILERS: Readonly<Record<string, string>> = {
  EDNS: 'host_not_found',
  ETLS: 'tls_failed',
  ETIMEDOUT: 'timeout',
  EPROTOCOL: 'answer_unreadable',
  ECONNECTION: 'connection_reset',
  EAUTH: 'vendor_misconfigured',
  // Without a reply: the library itself, or its server's limits, will not have it.
  EENVELOPE: 'mail_refused',
  EMESSAGE: 'mail_refused',
}

function failureCode({ code, originalCode }: Pick<SmtpError, 'code' | 'originalCode'>): string {
  const [outer, inner] = [failureOf({ code }), failureOf({ code: originalCode })]
  if (/CERT|TLS|SSL|SELF_SIGNED/.test(inner)) return 'tls_failed'
  return FAILURES[inner] ?? NODEMAILERS[outer] ?? FAILURES[outer] ?? 'connection_failed'
}
