// What the gateway sealed into a delivery: opened for this one row and checked before anything is made of it. A template
// has one form a channel; the difference is whom it goes to.

import { TemplateVariables } from '@postern/contracts/http/template'
import { type Form, formOf } from '@postern/service-kit/form'
import type { KeyRing } from '@postern/token/key-ring'
import { open } from '@postern/token/seal'
import { type Static, type TSchema, Type } from 'typebox'
import type { Claim } from './delivery.ts'

/** One address: no list, no name, no comment, no quoted part, no line break. */
const ADDRESS =
  '^[^\\s@<>()\\[\\],;:"\\\\\\u0000-\\u001f\\u007f]{1,64}@[^\\s@<>()\\[\\],;:"\\\\\\u0000-\\u001f\\u007f]{1,255}$'
const Mailbox = Type.String({ maxLength: 320, pattern: ADDRESS })

/** E.164. */
const Phone = Type.String({ pattern: '^\\+[1-9][0-9]{6,14}$' })

const closed = { additionalProperties: false } as const
const TenantName = Type.String({ minLength: 1, maxLength: 200 })

/** Template `magic_link`, version 1. How long its link works is asked of the database. */
const MagicLink = Type.Object(
  {
    v: Type.Literal(1),
    to: Mailbox,
    link: Type.String({ maxLength: 2_000, pattern: '^https?://[\\x21-\\x7e]+$' }),
    tenant_name: TenantName,
  },
  closed,
)

/** Template `otp`, version 1. `minutes`: how long a code works that is sent at once. */
const otpTo = <To extends TSchema>(to: To) =>
  Type.Object(
    {
      v: Type.Literal(1),
      to,
      code: Type.String({ pattern: '^[0-9]{6}$' }),
      tenant_name: TenantName,
      /** A host as browsers write it, in ASCII. */
      origin_domain: Type.String({ minLength: 1, maxLength: 255, pattern: '^[A-Za-z0-9.:[\\]-]+$' }),
      minutes: Type.Integer({ minimum: 1, maximum: 60 }),
    },
    closed,
  )

/** A message of the tenant's own, version 1. By which version it is written stands in its row. */
const messageTo = <To extends TSchema>(to: To) =>
  Type.Object(
    {
      v: Type.Literal(1),
      to,
      template: Type.Object(
        { name: Type.String(), locale: Type.String(), version: Type.Integer({ minimum: 0 }) },
        closed,
      ),
      variables: TemplateVariables,
    },
    closed,
  )

export const MAGIC_LINK = formOf(MagicLink)
export const OTP_BY_EMAIL = formOf(otpTo(Mailbox))
export const OTP_BY_SMS = formOf(otpTo(Phone))
export const MESSAGE_BY_EMAIL = formOf(messageTo(Mailbox))
export const MESSAGE_BY_SMS = formOf(messageTo(Phone))

/** The payload is missing, does not open or has another form. The message holds nothing of it. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError'
  readonly code: 'payload_missing' | 'payload_sealed' | 'payload_malformed'

  constructor(code: PayloadError['code']) {
    super(code)
    this.code = code
  }
}

export interface SealRing {
  readonly ring: KeyRing
  /** Looks for new keys at once. */
  refresh(): void
}

/** @throws {PayloadError} */
export function openPayload<T extends TSchema>(
  { ring, refresh }: SealRing,
  claim: Claim,
  form: Form<T>,
): Static<T> {
  const { payload, payloadVersion, tenantId, deliveryId } = claim
  if (payload === null || payloadVersion === null) throw new PayloadError('payload_missing')
  // The gateway may have seen a rotated key before we did.
  if (ring.get(payloadVersion) === undefined) refresh()
  const opened = unseal(() =>
    open(ring, payloadVersion, payload, { tenantId, table: 'deliveries', rowId: deliveryId }),
  )
  const value = parse(opened)
  if (!form.fits(value)) throw new PayloadError('payload_malformed')
  return value
}

function unseal(work: () => Buffer): Buffer {
  try {
    return work()
  } catch {
    throw new PayloadError('payload_sealed')
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new PayloadError('payload_malformed')
  }
}
