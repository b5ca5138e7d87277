// An operator's own HTTP gateway as docs/senders.md asks for it: signed JSON in, 202 and an id out. It keeps its promise
// about repeats: the same Idempotency-Key gets the same answer, and the message goes out once.

import { Compile } from 'typebox/compile'
import type { Clock } from '../../clock.ts'
import type { Random } from '../../random.ts'
import type { ReadSecret } from '../../secret-file.ts'
import { sentenceOf } from '../finding.ts'
import { markerFrom, parsed, record } from '../json-body.ts'
import { refusedAnswer } from '../refused-answer.ts'
import type { OutgoingMessage, VendorAnswer, VendorCall, VendorDouble } from '../vendor-double.ts'
import { formOf, GatewayMessage } from './gateway-message.schema.ts'
import { gatewayKeys, signatureFault } from './gateway-signature.ts'

export interface GatewayDeps {
  readonly clock: Clock
  readonly random: Random
  /** The file's `<api key>:<signing key>`; undefined: any will do. */
  readonly expectedKeys: ReadSecret | undefined
}

const MAX_BODY_BYTES = 1024 * 1024
const KEPT_KEYS = 10_000
const gatewayMessage = Compile(GatewayMessage)

export function gatewayDouble(deps: GatewayDeps): VendorDouble {
  const known = new Map<string, string>()
  return {
    provider: 'gateway',
    prefix: '/gateway',
    maxBodyBytes: MAX_BODY_BYTES,
    markerOf: ({ body }) => {
      const { id, attempt, tenant } = record(parsed(body))
      return markerFrom(id, attempt, tenant)
    },
    refusal,
    answer: (call) => answer(deps, known, call),
  }
}

async function answer(
  deps: GatewayDeps,
  known: Map<string, string>,
  call: VendorCall,
): Promise<VendorAnswer> {
  if (call.path !== '/messages') return refusal(404)
  if (call.method !== 'POST') return refusal(405)
  const keys = deps.expectedKeys === undefined ? undefined : gatewayKeys(await deps.expectedKeys())
  const fault = signatureFault(call.headers, call.body, keys, deps.clock.now())
  if (fault !== null) return refused(401, 'unauthenticated', fault)
  if (!/^application\/json\s*(;|$)/i.test(call.headers['content-type'] ?? '')) return refusal(415)
  const body = parsed(call.body)
  if (!gatewayMessage.Check(body)) {
    const found = Compile(formOf(record(body).channel)).Errors(body)
    return refused(400, 'invalid', sentenceOf(found))
  }
  const key = call.headers['idempotency-key']
  if (typeof key !== 'string' || key !== body.id)
    return refused(400, 'invalid', 'Idempotency-Key must be the id')
  const before = known.get(key)
  if (before !== undefined) return took(before, [])
  const messageId = `gw-${deps.random.bytes(12).toString('hex')}`
  const [oldest] = known.keys()
  if (known.size >= KEPT_KEYS && oldest !== undefined) known.delete(oldest)
  known.set(key, messageId)
  return took(messageId, [outgoing(body)])
}

/** A repeat is answered as the first call was, but nothing more is owed. */
function took(messageId: string, messages: readonly OutgoingMessage[]): VendorAnswer {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ id: messageId })
  return { status: 202, headers, body, accepted: messages.length > 0, messageId, messages }
}

function outgoing(message: GatewayMessage): OutgoingMessage {
  const common = { to: message.to, text: message.text, headers: {} }
  if (message.channel === 'sms') {
    const from = message.from ?? ''
    return { ...common, channel: 'sms', from, from_name: null, subject: null, html: null }
  }
  const { from, subject, html = null } = message
  return { ...common, channel: 'email', from: from.email, from_name: from.name, subject, html }
}

const CODES: Readonly<Record<number, string>> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'too_large',
  415: 'unsupported_media_type',
  429: 'rate_limited',
}

function refusal(status: number, errorCode?: string | number): VendorAnswer {
  const code = errorCode === undefined ? (CODES[status] ?? 'failed') : String(errorCode)
  return refused(status, code, 'The gateway does not take this message.')
}

function refused(status: number, code: string, message: string): VendorAnswer {
  const headers: Record<string, string> = status === 429 ? { 'retry-after': '1' } : {}
  return refusedAnswer(status, JSON.stringify({ error: { code, message } }), headers)
}
