// Puts together what is issued: ids, secret, sealed payload. No I/O.

import type { FirstFactor, Purpose } from '@postern/contracts/challenge'
import { AppError } from '@postern/service-kit/app-error'
import type { CallerTenant } from '@postern/service-kit/caller'
import type { Clock } from '@postern/service-kit/clock'
import type { Random } from '@postern/service-kit/random'
import { digest } from '@postern/token/digest'
import type { KeyRing } from '@postern/token/key-ring'
import { seal } from '@postern/token/seal'
import type { Identifier } from '../identifier.ts'
import type { NewChallenge } from './new-challenge.ts'

export interface IssueDeps {
  pepper: KeyRing
  sealing: KeyRing
  clock: Clock
  random: Random
  /** The mailed origin, without a slash at the end. */
  publicUrl: string
}

/** What is asked for, whatever carries it. */
export interface Wanted {
  purpose: Purpose
  method: FirstFactor
  identifier: Identifier
  locale: string | null
  createUser: boolean
  metadata: Record<string, string>
  sendAt: Date | null
  sessionId: string | null
  mfa: NewChallenge['mfa']
  resends: string | null
}

/** What carries it: a link or a code. */
export interface Carrier {
  secret: { digest: Buffer; keyVersion: number }
  /** what the message is made of, besides its recipient and the tenant's name; sealed */
  payload: Record<string, string | number>
  codeChallenge: string | null
  redirectUrl: string | null
  ttlSeconds: number
  withheld: boolean
}

const LATEST_SEND_MS = 90 * 24 * 3_600_000

/** Makes the rows. `carry` makes the secret, which is bound to the challenge's id. */
export function makeChallenge(
  deps: IssueDeps,
  tenant: CallerTenant,
  wanted: Wanted,
  carry: (challengeId: string) => Carrier,
): NewChallenge {
  const { identifier, method } = wanted
  const id = deps.random.uuid()
  const { secret, payload, withheld, ...carried } = carry(id)
  const kind = method === 'magic_link' ? 'magic_link' : 'otp'
  const known = digest(deps.pepper, 'identifier', tenant.id, '', Buffer.from(identifier.identityKey))
  return {
    ...wanted,
    ...secret,
    ...carried,
    tenantId: tenant.id,
    id,
    kind,
    identifierDigest: known.digest.toString('base64url'),
    delivery: {
      ...sealed(deps, tenant, { v: 1, to: identifier.address, ...payload, tenant_name: tenant.name }),
      channel: method === 'otp_sms' ? 'sms' : 'email',
      template: kind,
      locale: wanted.locale,
      withheld,
    },
  }
}

function sealed({ sealing, random }: IssueDeps, tenant: CallerTenant, payload: object) {
  const id = random.uuid()
  const where = { tenantId: tenant.id, table: 'deliveries', rowId: id }
  const { box, version } = seal(sealing, Buffer.from(JSON.stringify(payload)), where, random.bytes(12))
  return { id, payload: box, payloadVersion: version }
}

/**
 * A moment already past means now: null.
 * @throws AppError VALIDATION_FAILED
 */
export function readSendAt(text: string | undefined, now: Date): Date | null {
  if (text === undefined) return null
  const at = new Date(text)
  if (Number.isNaN(at.getTime()) || at.getTime() > now.getTime() + LATEST_SEND_MS) {
    throw new AppError('VALIDATION_FAILED', {
      reason: 'send_at is out of range',
      details: [{ path: 'body.send_at', problem: 'must lie within 90 days' }],
    })
  }
  return at.getTime() <= now.getTime() ? null : at
}
