// One effect per Idempotency-Key: the claim, the effect and the stored answer commit together, so that a crash
// between them never makes two intents.

import type { GatewayDatabase } from '@postern/db/databases/gateway.database'
import type { Database } from '@postern/db/pool'
import { alone, type TenantRun, type TenantScope, within, withTenant } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { Failpoint } from '@postern/service-kit/failpoint'
import { digest, digestsOfAll, equalDigest, sha256 } from '@postern/token/digest'
import type { KeyRing } from '@postern/token/key-ring'
import { findAnswer, keepAnswer, type StoredAnswer, tryClaim } from './idempotency.store.ts'

export interface OnceDeps {
  database: Database<GatewayDatabase>
  pepper: KeyRing
  failpoint: Failpoint
}

export interface Once {
  /** the header's value; undefined: run plainly */
  key: string | undefined
  /** what makes two requests the same: method, path and body */
  request: string
}

/**
 * What an effect did. `repeat` is what a replay answers: the answer without its secrets. A refusal commits too (its
 * counters and events are facts), but is not remembered: the same key may try again.
 */
export type Effect<R> =
  | { kind: 'done'; answer: R; repeat: R; status: number }
  | { kind: 'refused'; error: AppError }

export interface Outcome<R> {
  answer: R
  status: number
  replayed: boolean
}

/**
 * Runs the effect, or answers what its first run answered.
 * @throws AppError IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_KEY_REUSED, and the effect's refusal
 */
export async function runOnce<R>(
  deps: OnceDeps,
  scope: TenantScope,
  once: Once,
  effect: (run: TenantRun) => Promise<Effect<R>>,
): Promise<Outcome<R>> {
  const { key } = once
  // Alone, the effect's statement and its commit leave together: before it nothing is written.
  if (key === undefined) deps.failpoint('K1')
  const done =
    key === undefined
      ? await effect(alone(deps.database, scope))
      : await withTenant(deps.database.db, scope, (trx) =>
          claimed(deps, scope, { ...once, key }, within(trx, scope), effect),
        )
  deps.failpoint('K2')
  if (done.kind === 'replayed')
    return { answer: done.kept.answer as R, status: done.kept.status, replayed: true }
  if (done.kind === 'refused') throw done.error
  return { answer: done.answer, status: done.status, replayed: false }
}

async function claimed<R>(
  deps: OnceDeps,
  scope: TenantScope,
  once: Once & { key: string },
  run: TenantRun,
  effect: (run: TenantRun) => Promise<Effect<R>>,
): Promise<Effect<R> | { kind: 'replayed'; kept: StoredAnswer }> {
  const keyDigest = sha256(`${scope.tenantId} ${once.key}`)
  if (!(await tryClaim(run, scope.tenantId, keyDigest))) {
    throw new AppError('IDEMPOTENCY_IN_PROGRESS', {
      reason: 'another request holds the key',
      retryAfterSeconds: 1,
    })
  }
  const request = Buffer.from(once.request)
  const kept = await findAnswer(run, scope.tenantId, keyDigest)
  if (kept !== undefined) {
    // Keyed, as a body holds an address; every live key is tried, as the pepper may have been rotated since.
    const digests = digestsOfAll(deps.pepper, 'idempotency', scope.tenantId, once.key, request)
    if (digests.some((known) => equalDigest(known.digest, kept.requestDigest)))
      return { kind: 'replayed', kept }
    throw new AppError('IDEMPOTENCY_KEY_REUSED', { reason: 'the key came with another request' })
  }
  const done = await effect(run)
  if (done.kind === 'done') {
    const requestDigest = digest(deps.pepper, 'idempotency', scope.tenantId, once.key, request).digest
    await keepAnswer(run, scope.tenantId, keyDigest, {
      requestDigest,
      status: done.status,
      answer: done.repeat,
    })
  }
  deps.failpoint('K1')
  return done
}
