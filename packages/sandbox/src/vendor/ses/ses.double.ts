// Amazon SES v2's SendEmail as its clients see it: signed JSON in, 200 and a MessageId out, errors by name in a header.
// Raw mails and templates are accepted and reach the inbox without a body: they are not rendered.

import { Compile } from 'typebox/compile'
import type { Clock } from '../../clock.ts'
import type { Random } from '../../random.ts'
import type { ReadSecret } from '../../secret-file.ts'
import { sentenceOf } from '../finding.ts'
import { markerFrom, parsed, record } from '../json-body.ts'
import { refusedAnswer } from '../refused-answer.ts'
import type { Marker, OutgoingMessage, VendorAnswer, VendorCall, VendorDouble } from '../vendor-double.ts'
import { mailboxOf, recipientsOf, ruleFault } from './send-email.rules.ts'
import { SendEmail } from './send-email.schema.ts'
import { awsKeys, signatureFault } from './sigv4.ts'

export interface SesDeps {
  readonly clock: Clock
  readonly random: Random
  /** The file's `<access key id>:<secret access key>`; undefined: any well-formed signature will do. */
  readonly expectedKeys: ReadSecret | undefined
}

const PREFIX = '/ses'
/** SES's published limit for one message, after encoding. */
const MAX_BODY_BYTES = 40 * 1024 * 1024
const sendEmail = Compile(SendEmail)

export function sesDouble(deps: SesDeps): VendorDouble {
  return {
    provider: 'ses',
    prefix: PREFIX,
    maxBodyBytes: MAX_BODY_BYTES,
    markerOf,
    refusal,
    answer: (call) => answer(deps, call),
  }
}

async function answer(deps: SesDeps, call: VendorCall): Promise<VendorAnswer> {
  if (call.path !== '/v2/email/outbound-emails') return refusal(404)
  if (call.method !== 'POST') return refusal(405)
  const keys = deps.expectedKeys === undefined ? undefined : awsKeys(await deps.expectedKeys())
  const fault = signatureFault({ ...call, path: `${PREFIX}${call.path}` }, keys, deps.clock.now())
  if (fault !== null) return refusal(403, fault)
  if (!/^application\/json\s*(;|$)/i.test(call.headers['content-type'] ?? '')) return refusal(415)
  const body = parsed(call.body)
  if (!sendEmail.Check(body)) return refused(400, 'BadRequestException', sentenceOf(sendEmail.Errors(body)))
  const broken = ruleFault(body)
  return broken === null ? accepted(deps, body) : refused(400, 'BadRequestException', broken)
}

function accepted({ random }: SesDeps, mail: SendEmail): VendorAnswer {
  const bytes = random.bytes(26).toString('hex')
  // As SES writes them, but that its first part is a time: `0100019a…-xxxxxxxx-xxxx-…-000000`.
  const messageId = `0100${bytes.slice(40)}-${bytes.slice(0, 8)}-${bytes.slice(8, 12)}-${bytes.slice(12, 16)}-${bytes.slice(16, 20)}-${bytes.slice(20, 32)}-000000`
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'x-amzn-requestid': random.uuid() },
    body: JSON.stringify({ MessageId: messageId }),
    accepted: true,
    messageId,
    messages: messagesOf(mail),
  }
}

function messagesOf(mail: SendEmail): OutgoingMessage[] {
  const { Simple } = mail.Content
  const from = mailboxOf(mail.FromEmailAddress ?? '')
  const headers = Object.fromEntries((Simple?.Headers ?? []).map(({ Name, Value }) => [Name, Value]))
  return recipientsOf(mail).map((recipient) => ({
    channel: 'email' as const,
    to: mailboxOf(recipient)?.email ?? recipient,
    from: from?.email ?? '',
    from_name: from === null || from.name === '' ? null : from.name,
    subject: Simple?.Subject.Data ?? null,
    text: Simple?.Body.Text?.Data ?? null,
    html: Simple?.Body.Html?.Data ?? null,
    headers,
  }))
}

/** Reads the tags `delivery_id`, `attempt` and `tenant_id`, also of a body that is otherwise wrong. */
function markerOf(call: VendorCall): Marker | null {
  const { EmailTags } = record(parsed(call.body))
  const tags = (Array.isArray(EmailTags) ? EmailTags : []).map(record)
  const tag = (name: string) => tags.find(({ Name }) => Name === name)?.Value
  return markerFrom(tag('delivery_id'), tag('attempt'), tag('tenant_id'))
}

const ERRORS: Readonly<Record<number, string>> = {
  400: 'BadRequestException',
  403: 'AccessDeniedException',
  404: 'NotFoundException',
  405: 'UnsupportedOperationException',
  413: 'RequestEntityTooLargeException',
  415: 'UnsupportedMediaTypeException',
  429: 'TooManyRequestsException',
  500: 'InternalServerErrorException',
  503: 'ServiceUnavailableException',
}

function refusal(status: number, errorCode?: string | number): VendorAnswer {
  const name =
    errorCode === undefined ? (ERRORS[status] ?? 'InternalServerErrorException') : String(errorCode)
  return refused(status, name, 'The mail is not taken.')
}

function refused(status: number, name: string, message: string): VendorAnswer {
  return refusedAnswer(status, JSON.stringify({ message }), { 'x-amzn-errortype': name })
}
