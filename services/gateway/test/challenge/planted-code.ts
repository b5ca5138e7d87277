// A one-time code as its issue would leave it, with the code in hand: what verifying does is tried without sending.

import { randomBytes, randomUUID } from 'node:crypto'
import { mintOtp } from '@postern/token/otp-code'
import type { Gateway, Tenant } from '../setup.ts'

export interface PlantedCode {
  id: string
  code: string
  /** six digits that are not the code; another one for each n */
  wrong(n?: number): string
}

export interface CodeOptions {
  /** an e-mail address, or a phone number in E.164 */
  to: string
  purpose?: string
  sessionId?: string
  mfaId?: string
  decoy?: boolean
  /** what counts together; the address itself unless told */
  limitKey?: string
  /** SQL: when it may be proven from, and until when */
  due?: string
  expires?: string
}

export async function plantCode(
  gateway: Gateway,
  tenant: Tenant,
  options: CodeOptions,
): Promise<PlantedCode> {
  const id = randomUUID()
  const { pepper } = gateway.context
  const minted = mintOtp(pepper, { tenantId: tenant.id, challengeId: id, random: randomBytes })
  const limitKey = options.limitKey ?? options.to.toLowerCase()
  await gateway.house.admin.query(
    `INSERT INTO identifier_guards (tenant_id, limit_key, window_started_at, sends) VALUES ($1, $2, now(), 1)
     ON CONFLICT DO NOTHING`,
    [tenant.id, limitKey],
  )
  await gateway.house.admin.query(
    `INSERT INTO challenges (tenant_id, id, kind, purpose, identifier_kind, identity_key, address, digest, key_version,
       session_id, mfa_id, delivery_id, limit_key, identifier_digest, decoy, metadata, due_at, expires_at)
     VALUES ($1, $2, 'otp', $3, $4, lower($5), $5, $6, $7, $8, $9, $10, $11, 'digest', $12, '{}',
       ${options.due ?? 'now()'}, ${options.expires ?? "now() + interval '5 minutes'"})`,
    [
      tenant.id,
      id,
      options.purpose ?? 'sign_in',
      options.to.startsWith('+') ? 'phone' : 'email',
      options.to,
      minted.digest,
      minted.keyVersion,
      options.sessionId ?? null,
      options.mfaId ?? null,
      randomUUID(),
      limitKey,
      options.decoy ?? false,
    ],
  )
  const wrong = (n = 1) => String((Number(minted.code) + n) % 1_000_000).padStart(6, '0')
  return { id, code: minted.code, wrong }
}

export const verifyCode = (tenant: Tenant, id: string, code: unknown) =>
  tenant.call('POST', '/v1/otps/verify', { id, code })
