// Sessions as their tests need them: signed in by a link, refreshed, aged by moving their rows back in time.

import type { Held } from '../overlap.ts'
import type { Answer, Gateway, Tenant } from '../setup.ts'

export interface SignedIn {
  userId: string
  email: string
  sessionId: string
  accessToken: string
  refreshToken: string
}

/** Signs a person in by a link; a new one unless `email` is of somebody. */
export async function signIn(tenant: Tenant, email?: string): Promise<SignedIn> {
  const { token } = await tenant.issue(email === undefined ? {} : { email })
  const { status, body } = await tenant.call('POST', '/v1/magic-links/verify', { token })
  if (status !== 200) throw new Error(`no session: ${JSON.stringify(body)}`)
  const { user, session } = body.data
  return {
    userId: user.id,
    email: user.email,
    sessionId: session.id,
    accessToken: session.access_token,
    refreshToken: session.refresh_token,
  }
}

export const refresh = (tenant: Tenant, token: string): Promise<Answer> =>
  tenant.call('POST', '/v1/sessions/refresh', { refresh_token: token })

/** The code of a refused answer; `ok` of any other. */
export const codeOf = ({ body }: Answer): string => body.error?.code ?? 'ok'

/** The claims of a JWT, unchecked. */
export function claimsOf(jwt: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())
}

export interface Generation {
  generation: number
  used: boolean
}

/** Every token that the session ever had. */
export async function generationsOf({ house }: Gateway, sessionId: string): Promise<Generation[]> {
  const { rows } = await house.admin.query(
    `SELECT generation, used_at IS NOT NULL AS used FROM refresh_tokens WHERE session_id = $1 ORDER BY generation`,
    [sessionId],
  )
  return rows
}

/** As if what was done to the session's tokens had been done so many seconds earlier. */
export async function age({ house }: Gateway, sessionId: string, seconds: number): Promise<void> {
  await house.admin.query(
    `UPDATE refresh_tokens SET used_at = used_at - make_interval(secs => $2) WHERE session_id = $1`,
    [sessionId, seconds],
  )
}

/** Changes a session's row behind the gateway's back: `set` is SQL. */
export async function changeSession({ house }: Gateway, sessionId: string, set: string): Promise<void> {
  await house.admin.query(`UPDATE sessions SET ${set} WHERE id = $1`, [sessionId])
}

/** A session whose row is held until several wait for it: for `overlapping`. */
export const heldSession = (sessionId: string): Held => ({
  sql: 'SELECT FROM sessions WHERE id = $1 FOR UPDATE',
  values: [sessionId],
  waiting: 8,
})
