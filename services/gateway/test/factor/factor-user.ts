// A user with an authenticator app: what the tests of second factors type.

import { hotp, totpStep } from '@postern/token/totp'
import { freshEmail, type Gateway, type Tenant } from '../setup.ts'

export const SCOPES = ['challenges:write', 'challenges:verify', 'users:write']

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** The bytes that an app reads from a base32 secret. */
export function secretBytes(text: string): Buffer {
  const bits = [...text].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [])
}

/** What the app shows now, or `steps` steps away from now. */
export const codeOf = (secret: string, steps = 0) => hotp(secretBytes(secret), totpStep(new Date()) + steps)

/** Six digits that the app shows in none of the steps around. */
export function wrongCodeOf(secret: string): string {
  const near = [-2, -1, 0, 1, 2].map((steps) => codeOf(secret, steps))
  return (
    ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code)) ?? ''
  )
}

export const newUser = async (tenant: Tenant, email = freshEmail()): Promise<string> =>
  (await proveLink(tenant, email)).user.id

/** The sign-in result of a user's link: with `mfa`, where a factor is missing. */
export async function proveLink(tenant: Tenant, email: string) {
  const { token } = await tenant.issue({ email })
  return (await tenant.call('POST', '/v1/magic-links/verify', { token })).body.data
}

/** The id of the sign-in that a token is of. */
export function pendingOf(mfaToken: string): string {
  const hex = Buffer.from(mfaToken, 'base64url').toString('hex', 18, 34)
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

export interface FactorUser {
  id: string
  email: string
  secret: string
  recoveryCodes: string[]
  /** As if no step had been accepted yet: a test need not wait for the next one. */
  rewind(): Promise<unknown>
}

/** A user whose TOTP is enabled. */
export async function newFactorUser(gateway: Gateway, tenant: Tenant): Promise<FactorUser> {
  const email = freshEmail()
  const id = await newUser(tenant, email)
  const { body: enrolled } = await tenant.call('POST', `/v1/users/${id}/totp`, {})
  const { secret } = enrolled.data
  const { body } = await tenant.call('POST', `/v1/users/${id}/totp/enable`, { code: codeOf(secret) })
  const rewind = () =>
    gateway.house.admin.query('UPDATE totp_factors SET last_step = 0 WHERE user_id = $1', [id])
  await rewind()
  return { id, email, secret, recoveryCodes: body.data.recovery_codes, rewind }
}
