// SendGrid's v3 mail API as its clients see it: 202 with `x-message-id` and no body, errors in its own form.
// A scheduled mail (`send_at`) lands in the inbox at once, and templates are not rendered.

import { Compile } from 'typebox/compile'
import type { Clock } from '../../clock.ts'
import type { Random } from '../../random.ts'
import type { ReadSecret } from '../../secret-file.ts'
import { markerFrom, parsed, record } from '../json-body.ts'
import { refusedAnswer } from '../refused-answer.ts'
import type { Marker, OutgoingMessage, VendorAnswer, VendorCall, VendorDouble } from '../vendor-double.ts'
import { ruleErrors } from './mail-send.rules.ts'
import { MailSend } from './mail-send.schema.ts'
import { errorBody, errorsOf, type SendgridError } from './sendgrid-error.ts'

export interface SendgridDeps {
  readonly clock: Clock
  readonly random: Random
  /** The key that a caller must show as bearer; undefined: any bearer will do. */
  readonly expectedKey: ReadSecret | undefined
}

/** SendGrid's published limit for one message. */
const MAX_BODY_BYTES = 30 * 1024 * 1024
const mailSend = Compile(MailSend)

export function sendgridDouble(deps: SendgridDeps): VendorDouble {
  return {
    provider: 'sendgrid',
    prefix: '/sendgrid',
    maxBodyBytes: MAX_BODY_BYTES,
    markerOf,
    refusal,
    answer: (call) => answer(deps, call),
  }
}

async function answer(deps: SendgridDeps, call: VendorCall): Promise<VendorAnswer> {
  if (call.path !== '/v3/mail/send') return refusal(404)
  if (call.method !== 'POST') return refusal(405)
  if (!(await isAuthorized(deps, call))) return refusal(401)
  if (!/^application\/json\s*(;|$)/i.test(call.headers['content-type'] ?? '')) return refusal(415)
  const body = parsed(call.body)
  if (body === undefined) return refusal(400)
  if (!mailSend.Check(body)) return refused(400, errorsOf(mailSend.Errors(body)))
  const errors = ruleErrors(body, deps.clock.now())
  return errors.length > 0 ? refused(400, errors) : accepted(deps, body)
}

async function isAuthorized({ expectedKey }: SendgridDeps, call: VendorCall): Promise<boolean> {
  const shown = /^Bearer (\S+)$/i.exec(call.headers.authorization ?? '')?.[1]
  if (shown === undefined) return false
  return expectedKey === undefined || shown === (await expectedKey())
}

function accepted({ random }: SendgridDeps, mail: MailSend): VendorAnswer {
  const checksOnly = mail.mail_settings?.sandbox_mode?.enable === true
  if (checksOnly)
    return { status: 200, headers: {}, body: '', accepted: false, messageId: null, messages: [] }
  const messageId = random.bytes(16).toString('base64url')
  return {
    status: 202,
    headers: { 'x-message-id': messageId },
    body: '',
    accepted: true,
    messageId,
    messages: messagesOf(mail),
  }
}

/** One message a recipient; what a personalization says overrides what the mail says. */
function messagesOf(mail: MailSend): OutgoingMessage[] {
  const part = (type: string) => mail.content?.find((each) => each.type.toLowerCase() === type)?.value ?? null
  return mail.personalizations.flatMap((each) => {
    const sender = each.from ?? mail.from
    return [...each.to, ...(each.cc ?? []), ...(each.bcc ?? [])].map((recipient) => ({
      channel: 'email' as const,
      to: recipient.email,
      from: sender.email,
      from_name: sender.name ?? null,
      subject: each.subject ?? mail.subject ?? null,
      text: part('text/plain'),
      html: part('text/html'),
      headers: { ...mail.headers, ...each.headers },
    }))
  })
}

/** Reads `delivery_id`, `attempt` and `tenant_id` from the custom arguments, also of a body that is otherwise wrong. */
function markerOf(call: VendorCall): Marker | null {
  const mail = record(parsed(call.body))
  const personalizations = mail.personalizations
  const first = record(Array.isArray(personalizations) ? personalizations[0] : undefined)
  const args = { ...record(mail.custom_args), ...record(first.custom_args) }
  return markerFrom(args.delivery_id, args.attempt, args.tenant_id)
}

function refusal(status: number, errorCode?: string | number): VendorAnswer {
  const message = errorCode === undefined ? (REFUSALS[status] ?? 'internal server error') : String(errorCode)
  const answered = refused(status, [{ message, field: null, help: null }])
  if (status === 413) return { ...answered, headers: { 'content-type': 'text/html' }, body: TOO_LARGE }
  if (status !== 429) return answered
  const limits = { 'x-ratelimit-limit': '600', 'x-ratelimit-remaining': '0', 'retry-after': '1' }
  return { ...answered, headers: { ...answered.headers, ...limits } }
}

/** 413 comes from the gateway in front of the API, and so as a page. */
const TOO_LARGE = '<html><head><title>413</title></head><body>Payload too large</body></html>'

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'bad request',
  401: 'authorization required',
  403: 'access forbidden',
  404: 'not found',
  405: 'method not allowed',
  415: 'unsupported media type',
  429: 'too many requests',
}

function refused(status: number, errors: readonly SendgridError[]): VendorAnswer {
  return refusedAnswer(status, errorBody(errors))
}
