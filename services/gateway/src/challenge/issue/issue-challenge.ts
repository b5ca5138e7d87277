// Writes what was put together, and tells what came of it. Nothing is promised before the commit, nothing is queued here.

import type { ErrorCode } from '@postern/contracts/error-codes'
import type { IssuedChallenge } from '@postern/contracts/http/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { currentTraceparent } from '@postern/telemetry/traceparent'
import { insertChallenge } from './issue-challenge.store.ts'
import type { IssueRefusal, NewChallenge } from './new-challenge.ts'
import type { QueuedDelivery } from './queued-delivery.ts'
import type { SendLimit } from './send-limit.ts'

export type IssueResult =
  /** `queued`: its delivery, where this process is to add it to the queue once it is committed */
  | { kind: 'issued'; issued: IssuedChallenge; queued: QueuedDelivery | null }
  | { kind: 'limited'; limit: SendLimit; retryAfterSeconds: number }

const CODES: Record<IssueRefusal, ErrorCode> = {
  unknown_session: 'NOT_FOUND',
  session_ended: 'SESSION_REVOKED',
  unknown_sign_in: 'INVALID_TOKEN',
  sign_in_used: 'TOKEN_USED',
  sign_in_expired: 'TOKEN_EXPIRED',
  sign_in_exhausted: 'ATTEMPTS_EXHAUSTED',
  other_factor: 'FACTOR_NOT_ALLOWED',
  not_theirs: 'FACTOR_NOT_ALLOWED',
  challenge_over: 'CONFLICT',
}

/** @throws AppError what `IssueRefusal` is told as */
export async function issueChallenge(run: TenantRun, challenge: NewChallenge): Promise<IssueResult> {
  const issued = await insertChallenge(run, challenge)
  if (issued.kind === 'limited') return issued
  if (issued.kind === 'refused') {
    throw new AppError(CODES[issued.reason], { reason: `not issued: ${issued.reason}` })
  }
  return {
    kind: 'issued',
    issued: {
      id: challenge.id,
      purpose: challenge.purpose,
      expires_at: issued.expiresAt.toISOString(),
      resend_after: issued.resendAfter.toISOString(),
      delivery: { id: challenge.delivery.id, status: challenge.sendAt === null ? 'pending' : 'scheduled' },
    },
    queued: challenge.delivery.isHandedOver ? queuedDelivery(challenge, issued.expiresAt) : null,
  }
}

/** As the statement wrote it: under its first drive, since when the challenge runs. */
function queuedDelivery({ tenantId, delivery, ttlSeconds }: NewChallenge, expiresAt: Date): QueuedDelivery {
  const queuedAt = new Date(expiresAt.getTime() - ttlSeconds * 1_000)
  const { id: deliveryId, channel } = delivery
  return { tenantId, deliveryId, channel, drive: 1, queuedAt, traceparent: currentTraceparent() }
}
