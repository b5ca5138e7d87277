// Rotates a refresh token once. A client whose answer was lost gets the same successor for ten seconds, although only
// digests are stored: it is computed from the token that the client still has.

import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { KeyRing } from '@postern/token/key-ring'
import {
  mintRefreshToken,
  readRefreshToken,
  successorSecret,
  successorSecretWith,
} from '@postern/token/refresh-token'
import type { SessionKind } from '../session.ts'
import { type RefreshedRow, spendRefreshToken } from './refresh-token.store.ts'
import { refreshRefusalCode } from './rotation.ts'

export interface RotateDeps {
  /** the ring `refresh` */
  successors: KeyRing
}

export interface PresentedRefresh {
  tenantId: string
  kind: SessionKind
  text: string
}

export interface Rotation extends Omit<RefreshedRow, 'keyVersion'> {
  sessionId: string
  /** the token that comes next */
  refreshToken: string
  /** the answer to a repeat within the grace: nothing was changed */
  repeated: boolean
}

/**
 * Spends the token of a session of this kind, for the API and for browser mode alike.
 * @throws AppError INVALID_TOKEN, TOKEN_EXPIRED, TOKEN_USED, SESSION_REVOKED, ACCOUNT_DISABLED; REFRESH_REUSED, and then
 * the session has ended
 */
export async function rotateRefreshToken(
  { successors }: RotateDeps,
  run: TenantRun,
  { tenantId, kind, text }: PresentedRefresh,
): Promise<Rotation> {
  const token = readRefreshToken(text)
  if (token === null) throw new AppError('INVALID_TOKEN', { reason: 'not a refresh token' })
  const { sessionId, digest } = token
  const keyVersion = successors.current.version
  const next = mintRefreshToken(successorSecret(successors, text, sessionId), { sessionId })
  const successor = { digest: next.digest, keyVersion }
  const spent = await spendRefreshToken(run, { tenantId, sessionId, kind, digest, successor })
  if (spent.kind === 'unknown') throw new AppError('INVALID_TOKEN', { reason: 'unknown refresh token' })
  if (spent.kind === 'refused') {
    throw new AppError(refreshRefusalCode(spent.reason), { reason: `refresh token refused: ${spent.reason}` })
  }
  const { keyVersion: derivedWith, ...session } = spent.session
  const repeated = spent.kind === 'repeated'
  const refreshToken =
    derivedWith === keyVersion ? next.token : successorUnder(successors, derivedWith, text, sessionId)
  return { ...session, sessionId, refreshToken, repeated }
}

/** For a repeat over the rotation of the ring's key. */
function successorUnder(ring: KeyRing, version: number, text: string, sessionId: string): string {
  const secret = successorSecretWith(ring, version, text, sessionId)
  if (secret === null) throw new AppError('TOKEN_USED', { reason: 'the successor’s key is gone' })
  return mintRefreshToken(secret, { sessionId }).token
}
