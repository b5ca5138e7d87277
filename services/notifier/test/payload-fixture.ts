// What the gateway seals into a delivery, by channel and template.

import { randomBytes } from 'node:crypto'
import type { KeyRing } from '@postern/token/key-ring'
import { seal } from '@postern/token/seal'

export type ChannelName = 'email' | 'sms'

export interface PayloadInput {
  /** E-mail unless told otherwise. */
  readonly channel?: ChannelName
  /** Mails hold a link unless told otherwise, SMS a code. */
  readonly template?: string
  readonly to?: string
  readonly tenantName?: string
  readonly link?: string
  readonly code?: string
}

/** The input with what it left out. */
export function whole(input: PayloadInput) {
  const { channel = 'email' } = input
  const { template = channel === 'email' ? 'magic_link' : 'otp' } = input
  const { to = channel === 'email' ? 'ada@example.org' : newNumber() } = input
  return {
    tenantName: 'Acme',
    link: 'https://id.example.org/l#abc',
    code: '314159',
    ...input,
    channel,
    template,
    to,
  }
}

let numbers = 0

/** A number that nothing else was sent to in this file, so that a vendor's calls can be told apart by it. */
function newNumber(): string {
  numbers += 1
  return `+4477009${String(numbers).padStart(5, '0')}`
}

export function payloadOf(input: PayloadInput = {}): Record<string, unknown> {
  const { to, template, tenantName, link, code } = whole(input)
  const common = { v: 1, to, tenant_name: tenantName }
  return template === 'otp'
    ? { ...common, code, origin_domain: 'app.example.org', minutes: 5 }
    : { ...common, link }
}

/** Sealed exactly as the gateway seals; a Buffer is taken as it is. */
export function sealedPayload(
  ring: KeyRing,
  { tenantId, deliveryId }: { readonly tenantId: string; readonly deliveryId: string },
  payload: object | null,
) {
  if (payload === null || Buffer.isBuffer(payload)) return { version: 1, box: payload }
  const plain = Buffer.from(JSON.stringify(payload))
  return seal(ring, plain, { tenantId, table: 'deliveries', rowId: deliveryId }, randomBytes(12))
}
