// What SendGrid documents beyond the form of single fields: how they must go together.
// Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors

import type { MailSend } from './mail-send.schema.ts'
import { fieldError, type SendgridError } from './sendgrid-error.ts'

const MAX_RECIPIENTS = 1000
const MAX_CUSTOM_ARGS_BYTES = 10_000
const MAX_SCHEDULE_SECONDS = 72 * 3600

const RESERVED_HEADERS = new Set([
  'x-sg-id',
  'x-sg-eid',
  'received',
  'dkim-signature',
  'content-type',
  'content-transfer-encoding',
  'to',
  'from',
  'subject',
  'reply-to',
  'cc',
  'bcc',
])

/** Every rule's findings; empty when the mail may go. */
export function ruleErrors(mail: MailSend, now: Date): SendgridError[] {
  return [
    ...contentErrors(mail),
    ...subjectErrors(mail),
    ...recipientErrors(mail),
    ...replyToErrors(mail),
    ...customArgsErrors(mail),
    ...headerErrors(mail),
    ...scheduleErrors(mail, now),
    ...bypassErrors(mail),
  ]
}

function contentErrors({ content, template_id }: MailSend): SendgridError[] {
  if (content === undefined) {
    return template_id === undefined
      ? [fieldError('content', 'Without a template there must be content.')]
      : []
  }
  const errors: SendgridError[] = []
  const types = content.map(({ type }) => type.toLowerCase())
  const rank = (type: string) => (type === 'text/plain' ? 0 : type === 'text/html' ? 1 : 2)
  types.forEach((type, place) => {
    const before = types[place - 1]
    if (rank(type) < 2 && types.indexOf(type) < place) {
      errors.push(fieldError(`content.${place}.type`, 'This content type may come only once.'))
    } else if (before !== undefined && rank(before) > rank(type)) {
      errors.push(
        fieldError(`content.${place}.type`, 'text/plain comes first, then text/html, then any other.'),
      )
    }
  })
  return errors
}

function subjectErrors({ subject, template_id, personalizations }: MailSend): SendgridError[] {
  if (subject !== undefined || template_id !== undefined) return []
  if (personalizations.every((each) => each.subject !== undefined)) return []
  return [fieldError('subject', 'Give a subject, here or in every personalization.')]
}

function recipientErrors({ personalizations }: MailSend): SendgridError[] {
  const errors: SendgridError[] = []
  let total = 0
  personalizations.forEach(({ to, cc = [], bcc = [] }, place) => {
    const addresses = [...to, ...cc, ...bcc].map(({ email }) => email.toLowerCase())
    total += addresses.length
    if (new Set(addresses).size < addresses.length) {
      errors.push(fieldError(`personalizations.${place}`, 'An address may come only once in to, cc and bcc.'))
    }
  })
  if (total > MAX_RECIPIENTS)
    errors.push(fieldError('personalizations', `At most ${MAX_RECIPIENTS} recipients a call.`))
  return errors
}

function replyToErrors({ reply_to, reply_to_list }: MailSend): SendgridError[] {
  if (reply_to === undefined || reply_to_list === undefined) return []
  return [fieldError('reply_to_list', 'Give either reply_to or reply_to_list.')]
}

function customArgsErrors({ custom_args, personalizations }: MailSend): SendgridError[] {
  const tooBig = (args: object | undefined) =>
    Buffer.byteLength(JSON.stringify(args ?? {})) > MAX_CUSTOM_ARGS_BYTES
  const message = `Custom arguments may take ${MAX_CUSTOM_ARGS_BYTES} bytes.`
  if (tooBig(custom_args)) return [fieldError('custom_args', message)]
  return personalizations.flatMap((each, place) =>
    tooBig({ ...custom_args, ...each.custom_args })
      ? [fieldError(`personalizations.${place}.custom_args`, message)]
      : [],
  )
}

function headerErrors({ headers, personalizations }: MailSend): SendgridError[] {
  const places = [
    { field: 'headers', headers },
    ...personalizations.map((each, place) => ({
      field: `personalizations.${place}.headers`,
      headers: each.headers,
    })),
  ]
  return places.flatMap(({ field, headers: given = {} }) =>
    Object.keys(given)
      .filter((name) => RESERVED_HEADERS.has(name.toLowerCase()))
      .map((name) => fieldError(`${field}.${name}`, 'This header belongs to SendGrid.')),
  )
}

function scheduleErrors({ send_at, personalizations }: MailSend, now: Date): SendgridError[] {
  const latest = now.getTime() / 1000 + MAX_SCHEDULE_SECONDS
  const places = [
    { field: 'send_at', at: send_at },
    ...personalizations.map((each, place) => ({
      field: `personalizations.${place}.send_at`,
      at: each.send_at,
    })),
  ]
  return places
    .filter(({ at }) => at !== undefined && at > latest)
    .map(({ field }) => fieldError(field, 'A mail can be scheduled 72 hours ahead at most.'))
}

function bypassErrors({ mail_settings }: MailSend): SendgridError[] {
  const settings = mail_settings ?? {}
  if (settings.bypass_list_management?.enable !== true) return []
  const others = [
    'bypass_spam_management',
    'bypass_bounce_management',
    'bypass_unsubscribe_management',
  ] as const
  return others
    .filter((name) => settings[name]?.enable === true)
    .map((name) => fieldError(`mail_settings.${name}`, 'Not together with bypass_list_management.'))
}
