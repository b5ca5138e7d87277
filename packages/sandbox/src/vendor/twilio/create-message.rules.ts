// What Twilio documents beyond the form of single fields: what is needed, what goes together, and the numbers that answer
// by themselves. Sources: the message resource's page, and https://www.twilio.com/docs/iam/test-credentials

import type { VendorAnswer } from '../vendor-double.ts'
import type { CreateMessage } from './create-message.schema.ts'
import { twilioError } from './twilio-error.ts'

const E164 = /^\+[1-9][0-9]{6,14}$/
/** A number, a short code, or a name of up to eleven characters with a letter in it. */
const SENDER = /^(\+[1-9][0-9]{6,14}|[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 &_+-]{1,11})$/
const MAX_BODY = 1_600

type Refusal = readonly [code: number, message: string, status?: number]

const MAGIC_FROM: Readonly<Record<string, Refusal>> = {
  '+15005550001': [21212, 'The From number is not valid.'],
  '+15005550007': [21606, 'The From number is not of this account.'],
  '+15005550008': [21611, 'The From number has too many messages waiting.', 429],
}
const MAGIC_TO: Readonly<Record<string, Refusal>> = {
  '+15005550001': [21211, 'The To number is not valid.'],
  '+15005550002': [21612, 'The To number cannot be reached from this sender.'],
  '+15005550003': [21408, 'The account may not send to this region.'],
  '+15005550004': [21610, 'The recipient has opted out.'],
  '+15005550009': [21614, 'The To number is no mobile number.'],
}

/** The first thing that is wrong; null when the message may go. */
export function ruleError(form: CreateMessage): VendorAnswer | null {
  const refusal = senderProblem(form) ?? recipientProblem(form) ?? contentProblem(form) ?? pairProblem(form)
  if (refusal === null) return null
  const [code, message, status = 400] = refusal
  return twilioError(status, code, message)
}

function senderProblem({ From, MessagingServiceSid }: CreateMessage): Refusal | null {
  if (From === undefined)
    return MessagingServiceSid === undefined
      ? [21603, 'A sender is needed: From or MessagingServiceSid.']
      : null
  return SENDER.test(From) ? (MAGIC_FROM[From] ?? null) : [21212, 'The From number is not valid.']
}

function recipientProblem({ To = '' }: CreateMessage): Refusal | null {
  if (To === '') return [21604, 'A recipient is needed: To.']
  return E164.test(To) ? (MAGIC_TO[To] ?? null) : [21211, 'The To number is not valid.']
}

function contentProblem({ Body = '', MediaUrl, ContentSid }: CreateMessage): Refusal | null {
  if (Body === '' && MediaUrl === undefined && ContentSid === undefined)
    return [21602, 'A content is needed: Body, MediaUrl or ContentSid.']
  return [...Body].length > MAX_BODY ? [21617, `The Body is longer than ${MAX_BODY} characters.`] : null
}

function pairProblem(form: CreateMessage): Refusal | null {
  const scheduled = form.ScheduleType !== undefined || form.SendAt !== undefined
  const service = form.MessagingServiceSid !== undefined
  if (scheduled && (form.ScheduleType === undefined || form.SendAt === undefined || !service))
    return [35114, 'ScheduleType, SendAt and MessagingServiceSid come together.']
  if (form.ShortenUrls === 'true' && !service) return [21624, 'ShortenUrls needs a MessagingServiceSid.']
  if (form.ContentVariables !== undefined && form.ContentSid === undefined)
    return [21656, 'ContentVariables needs a ContentSid.']
  return null
}
