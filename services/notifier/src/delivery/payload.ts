// What the gateway sealed into a delivery: opened for this one row and checked before anything is made of it.

import type { KeyRing } from '@postern/token/key-ring'
import { open } from '@postern/token/seal'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Claim } from './delivery.ts'

/** One address: no list, no name, no comment, no quoted part, no line break. */
const ADDRESS =
  '^[^\\s@<>()\\[\\],;:"\\\\\\u0000-\\u001f\\u007f]{1,64}@[^\\s@<>()\\[\\],;:"\\\\\\u0000-\\u001f\\u007f]{1,255}$'

/** The payload of template `magic_link`, version 1. How long its link works is asked of the database. */
export const MagicLinkPayload = Type.Object(
  {
    v: Type.Literal(1),
    to: Type.String({ maxLength: 320, pattern: ADDRESS }),
    link: Type.String({ maxLength: 2_000, pattern: '^https?://[\\x21-\\x7e]+$' }),
    tenant_name: Type.String({ minLength: 1, maxLength: 200 }),
  },
  { additionalProperties: false },
)
export type MagicLinkPayload = Static<typeof MagicLinkPayload>

const form = Compile(MagicLinkPayload)

/** The payload is missing, does not open or has another form. The message holds nothing of it. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError'
  readonly code: 'payload_missing' | 'payload_sealed' | 'payload_malformed'

  constructor(code: PayloadError['code']) {
    super(code)
    this.code = code
  }
}

/** @throws {PayloadError} */
export function openPayload(ring: KeyRing, claim: Claim): MagicLinkPayload {
  const { payload, payloadVersion, tenantId, deliveryId } = claim
  if (payload === null || payloadVersion === null) throw new PayloadError('payload_missing')
  const opened = unseal(() =>
    open(ring, payloadVersion, payload, { tenantId, table: 'deliveries', rowId: deliveryId }),
  )
  const value = parse(opened)
  if (!form.Check(value)) throw new PayloadError('payload_malformed')
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
