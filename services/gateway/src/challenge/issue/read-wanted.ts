// What a request for a link or a code asks for, once its identifier is read. No I/O.

import type { FirstFactor, Purpose } from '@postern/contracts/challenge'
import { invalidField } from '@postern/service-kit/app-error'
import type { CallerTenant } from '@postern/service-kit/caller'
import type { Clock } from '@postern/service-kit/clock'
import type { KeyRing } from '@postern/token/key-ring'
import type { Identifier } from '../identifier.ts'
import { checkPurpose } from './check-purpose.ts'
import type { NewChallenge } from './new-challenge.ts'

/** What a request for a link or a code says beside where it goes; undefined: not said. */
export interface IssueInput {
  purpose: Purpose
  sessionId: string | undefined
  mfaToken: string | undefined
  locale: string | undefined
  createUser: boolean
  metadata: Record<string, string>
  /** RFC 3339 */
  sendAt: string | undefined
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

const LATEST_SEND_MS = 90 * 24 * 3_600_000

/**
 * Reads what is asked for, for this identifier by this method.
 * @throws AppError VALIDATION_FAILED for a time or combination that cannot be, FACTOR_NOT_ALLOWED, INVALID_TOKEN
 */
export function readWanted(
  { pepper, clock }: { pepper: KeyRing; clock: Clock },
  tenant: CallerTenant,
  { identifier, method }: Pick<Wanted, 'identifier' | 'method'>,
  input: IssueInput,
): Wanted {
  const { purpose, createUser, metadata, locale = null } = input
  return {
    ...checkPurpose(pepper, tenant, { ...input, method }),
    method,
    identifier,
    purpose,
    locale,
    createUser,
    metadata,
    sendAt: readSendAt(input.sendAt, clock.now()),
    resends: null,
  }
}

/**
 * A moment already past means now: null.
 * @throws AppError VALIDATION_FAILED
 */
export function readSendAt(text: string | undefined, now: Date): Date | null {
  if (text === undefined) return null
  const at = new Date(text)
  if (Number.isNaN(at.getTime()) || at.getTime() > now.getTime() + LATEST_SEND_MS) {
    throw invalidField('body.send_at', 'must lie within 90 days')
  }
  return at.getTime() <= now.getTime() ? null : at
}
