// Puts together what is issued: ids, secret, sealed payload. No I/O.

import type { CallerTenant } from '@postern/service-kit/caller'
import type { Clock } from '@postern/service-kit/clock'
import type { Random } from '@postern/service-kit/random'
import type { KeyRing } from '@postern/token/key-ring'
import { seal } from '@postern/token/seal'
import { recipientDigest, toldDigest } from '../recipient-digest.ts'
import type { NewChallenge } from './new-challenge.ts'
import type { HandOver } from './queued-delivery.ts'
import type { Wanted } from './read-wanted.ts'

export interface IssueDeps {
  pepper: KeyRing
  sealing: KeyRing
  clock: Clock
  random: Random
  /** The mailed origin, without a slash at the end. */
  publicUrl: string
  handOver: Pick<HandOver, 'takes'>
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
  const recipient = recipientDigest(deps.pepper, tenant.id, identifier)
  return {
    ...wanted,
    ...secret,
    ...carried,
    tenantId: tenant.id,
    id,
    kind,
    identifierDigest: toldDigest(recipient),
    delivery: {
      ...sealed(deps, tenant, { v: 1, to: identifier.address, ...payload, tenant_name: tenant.name }),
      recipientDigest: recipient,
      channel: method === 'otp_sms' ? 'sms' : 'email',
      template: kind,
      locale: wanted.locale,
      withheld,
      isHandedOver: wanted.sendAt === null && deps.handOver.takes(),
    },
  }
}

function sealed({ sealing, random }: IssueDeps, tenant: CallerTenant, payload: object) {
  const id = random.uuid()
  const where = { tenantId: tenant.id, table: 'deliveries', rowId: id }
  const { box, version } = seal(sealing, Buffer.from(JSON.stringify(payload)), where, random.bytes(12))
  return { id, payload: box, payloadVersion: version }
}
