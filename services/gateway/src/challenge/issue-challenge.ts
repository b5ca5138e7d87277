// Issues a challenge and the delivery that carries it. Nothing is promised before the commit, nothing is queued here.

import type { Purpose } from '@postern/contracts/challenge'
import type { IssuedMagicLink } from '@postern/contracts/http/magic-link'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { CallerTenant } from '@postern/service-kit/caller'
import type { Clock } from '@postern/service-kit/clock'
import type { Random } from '@postern/service-kit/random'
import { digest } from '@postern/token/digest'
import type { KeyRing } from '@postern/token/key-ring'
import { mintLinkToken } from '@postern/token/link-token'
import { seal } from '@postern/token/seal'
import { readEmail } from './identifier.ts'
import { insertChallenge, type NewChallenge } from './issue-challenge.store.ts'
import { chooseRedirect } from './redirect.ts'

export interface IssueDeps {
  pepper: KeyRing
  sealing: KeyRing
  clock: Clock
  random: Random
  /** The mailed origin, without a slash at the end. */
  publicUrl: string
}

export interface IssueInput {
  email: string
  purpose: Purpose
  redirectUrl: string | undefined
  locale: string | undefined
  createUser: boolean
  codeChallenge: string | undefined
  metadata: Record<string, string>
  sendAt: string | undefined
}

export type IssueResult =
  | { kind: 'issued'; link: IssuedMagicLink }
  | { kind: 'limited'; retryAfterSeconds: number }

const LATEST_SEND_MS = 90 * 24 * 3_600_000

/**
 * Issues a magic link.
 * @throws AppError VALIDATION_FAILED for an address, redirect or time that cannot be
 */
export async function issueMagicLink(
  deps: IssueDeps,
  run: TenantRun,
  tenant: CallerTenant,
  input: IssueInput,
): Promise<IssueResult> {
  const row = prepare(deps, tenant, input)
  const issued = await insertChallenge(run, row)
  if (issued.kind === 'limited') return issued
  const status = row.sendAt === null ? 'pending' : 'scheduled'
  return {
    kind: 'issued',
    link: {
      id: row.id,
      purpose: row.purpose,
      expires_at: issued.expiresAt.toISOString(),
      delivery: { id: row.delivery.id, status },
    },
  }
}

function prepare(deps: IssueDeps, tenant: CallerTenant, input: IssueInput): NewChallenge {
  const identifier = readEmail(input.email)
  const redirectUrl = chooseRedirect(input.redirectUrl, tenant.allowedRedirects)
  const sendAt = readSendAt(input.sendAt, deps.clock.now())
  const id = deps.random.uuid()
  const minted = mintLinkToken(deps.pepper, {
    tenantId: tenant.id,
    challengeId: id,
    random: deps.random.bytes(16),
  })
  const deliveryId = deps.random.uuid()
  const payload = JSON.stringify({
    v: 1,
    to: identifier.address,
    link: `${deps.publicUrl}/l#${minted.token}`,
    tenant_name: tenant.name,
  })
  const where = { tenantId: tenant.id, table: 'deliveries', rowId: deliveryId }
  const sealed = seal(deps.sealing, Buffer.from(payload), where, deps.random.bytes(12))
  const known = digest(deps.pepper, 'identifier', tenant.id, '', Buffer.from(identifier.identityKey))
  return {
    tenantId: tenant.id,
    id,
    purpose: input.purpose,
    address: identifier.address,
    identityKey: identifier.identityKey,
    limitKey: identifier.limitKey,
    identifierDigest: known.digest.toString('base64url'),
    digest: minted.digest,
    keyVersion: minted.keyVersion,
    codeChallenge: input.codeChallenge ?? null,
    redirectUrl,
    metadata: input.metadata,
    createUser: input.createUser,
    sendAt,
    ttlSeconds: tenant.linkTtlSeconds,
    delivery: {
      id: deliveryId,
      template: 'magic_link',
      locale: input.locale ?? null,
      payload: sealed.box,
      payloadVersion: sealed.version,
    },
  }
}

/** A moment already past means now. */
function readSendAt(text: string | undefined, now: Date): Date | null {
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
