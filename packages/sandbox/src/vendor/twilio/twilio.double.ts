// Twilio's Messages API as its clients see it: 201 with the message, a list and single messages to look up, errors in its
// own form. A scheduled message (`SendAt`) lands in the inbox at once; media and content templates are not fetched.

import { Compile } from 'typebox/compile'
import type { Clock } from '../../clock.ts'
import type { ReadSecret } from '../../secret-file.ts'
import { markerFrom } from '../json-body.ts'
import type { Marker, Reporting, VendorAnswer, VendorCall, VendorDouble } from '../vendor-double.ts'
import { ruleError } from './create-message.rules.ts'
import { CreateMessage, fieldsOf, ListMessages } from './create-message.schema.ts'
import { resourceOf, type SentMessage, type SentMessages } from './sent-message.ts'
import { statusError, twilioError } from './twilio-error.ts'

export interface TwilioDeps {
  readonly clock: Clock
  readonly messages: SentMessages
  /** The token that a caller must show as password; undefined: any will do. */
  readonly expectedToken: ReadSecret | undefined
}

const MAX_BODY_BYTES = 1024 * 1024
const DEFAULT_PAGE = 50
const createMessage = Compile(CreateMessage)
const listMessages = Compile(ListMessages)

export function twilioDouble({ clock, messages: sent, expectedToken }: TwilioDeps): VendorDouble {
  return {
    provider: 'twilio',
    prefix: '/twilio',
    maxBodyBytes: MAX_BODY_BYTES,
    markerOf,
    recipientOf: (call) => textOf(call, 'To'),
    reportingOf,
    refusal: statusError,
    async answer(call) {
      const place = placeOf(call.path)
      if (place === null) return statusError(404)
      if (!(await isAuthorized(call, place.accountSid, expectedToken))) return statusError(401)
      if (place.messageSid !== null)
        return one(sent, call, { ...place, sid: place.messageSid, now: clock.now() })
      if (call.method === 'POST') return create(sent, call, place.accountSid)
      if (call.method === 'GET') return list(sent, call, { ...place, now: clock.now() })
      return statusError(405)
    },
  }
}

const PLACE = /^\/2010-04-01\/Accounts\/(AC[0-9a-fA-F]{32})\/Messages(?:\/((?:SM|MM)[0-9a-fA-F]{32}))?\.json$/

function placeOf(path: string): { accountSid: string; messageSid: string | null } | null {
  const [, accountSid, messageSid = null] = PLACE.exec(path) ?? []
  return accountSid === undefined ? null : { accountSid, messageSid }
}

async function isAuthorized(
  { headers }: VendorCall,
  accountSid: string,
  expected: ReadSecret | undefined,
): Promise<boolean> {
  const [, shown = ''] = /^Basic ([A-Za-z0-9+/=]+)$/.exec(headers.authorization ?? '') ?? []
  const [user, ...token] = Buffer.from(shown, 'base64').toString('utf8').split(':')
  if (user !== accountSid || token.join(':') === '') return false
  return expected === undefined || token.join(':') === (await expected())
}

function create(sent: SentMessages, call: VendorCall, accountSid: string): VendorAnswer {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(call.headers['content-type'] ?? ''))
    return statusError(415)
  const form = fieldsOf(call.body.toString('utf8'))
  if (!createMessage.Check(form)) return unknownParameter(createMessage.Errors(form))
  const refused = ruleError(form)
  if (refused !== null) return refused
  const message = sent.add(accountSid, form, call.at)
  return {
    ...json(201, resourceOf(message, call.at)),
    accepted: true,
    messageId: message.sid,
    messages: [
      {
        channel: 'sms',
        to: form.To ?? '',
        from: form.From ?? form.MessagingServiceSid ?? '',
        from_name: null,
        subject: null,
        text: form.Body ?? '',
        html: null,
        headers: {},
      },
    ],
  }
}

interface Asked {
  readonly accountSid: string
  readonly now: Date
}

function one(
  sent: SentMessages,
  call: VendorCall,
  { accountSid, sid, now }: Asked & { sid: string },
): VendorAnswer {
  if (call.method !== 'GET') return statusError(405)
  const message = sent.find(accountSid, sid)
  return message === undefined ? statusError(404) : json(200, resourceOf(message, now))
}

function list(sent: SentMessages, call: VendorCall, { accountSid, now }: Asked): VendorAnswer {
  const query = fieldsOf(call.query)
  if (!listMessages.Check(query)) return unknownParameter(listMessages.Errors(query))
  const size = Number(query.PageSize ?? DEFAULT_PAGE)
  const page = Number(query.Page ?? 0)
  const all = sent.list(accountSid, query, now)
  return json(200, pageOf(all, { call, size, page, now }))
}

interface Page {
  readonly call: VendorCall
  readonly size: number
  readonly page: number
  readonly now: Date
}

function pageOf(all: readonly SentMessage[], { call, size, page, now }: Page) {
  const start = page * size
  const shown = all.slice(start, start + size)
  const uriOf = (number: number) => {
    const query = new URLSearchParams(call.query)
    query.set('PageSize', String(size))
    query.set('Page', String(number))
    return `${call.path}?${query}`
  }
  return {
    messages: shown.map((message) => resourceOf(message, now)),
    uri: uriOf(page),
    first_page_uri: uriOf(0),
    next_page_uri: start + size < all.length ? uriOf(page + 1) : null,
    previous_page_uri: page > 0 ? uriOf(page - 1) : null,
    page,
    page_size: size,
    start,
    end: start + Math.max(0, shown.length - 1),
  }
}

function unknownParameter(findings: readonly { readonly instancePath: string }[]): VendorAnswer {
  const [{ instancePath } = { instancePath: '' }] = findings
  return twilioError(
    400,
    20001,
    `A parameter is unknown or has another form. ${instancePath.slice(1)}`.trim(),
  )
}

/**
 * Twilio takes no mark of its caller's: what stands for one is the delivery in the address of its status callback, with
 * tenant and attempt in its query. `Attempt` is Twilio's own parameter.
 */
function markerOf(call: VendorCall): Marker | null {
  const callback = textOf(call, 'StatusCallback') ?? ''
  if (!URL.canParse(callback)) return null
  const { pathname, searchParams } = new URL(callback)
  const deliveryId = /\/([0-9a-f-]{36})$/.exec(pathname)?.[1]
  return markerFrom(deliveryId, textOf(call, 'Attempt') ?? searchParams.get('a'), searchParams.get('t'))
}

/** Where the receipts go, and for which account; the address only where it is one of HTTP. */
function reportingOf(call: VendorCall): Reporting {
  const callback = textOf(call, 'StatusCallback') ?? ''
  const isWeb = URL.canParse(callback) && /^https?:$/.test(new URL(callback).protocol)
  return { callback: isWeb ? callback : null, account: placeOf(call.path)?.accountSid ?? null }
}

/** A field of the form, also of one that is otherwise wrong; of a query where there is no form. */
function textOf({ method, body, query }: VendorCall, name: string): string | null {
  return new URLSearchParams(method === 'POST' ? body.toString('utf8') : query).get(name)
}

const json = (status: number, body: object): VendorAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
  accepted: false,
  messageId: null,
  messages: [],
})
