// Sessions as their tests need them: signed in by a link, refreshed, aged by moving their rows back in time.

import { until } from '@postern/testkit/poll'
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

/** Runs what `ask` begins against a session whose row is locked until several of them wait for it: they truly overlap. */
export async function overlapping<R>(
  { house }: Gateway,
  sessionId: string,
  ask: () => Promise<R>[],
): Promise<R[]> {
  const holder = await house.admin.connect()
  try {
    await holder.query('BEGIN')
    await holder.query('SELECT FROM sessions WHERE id = $1 FOR UPDATE', [sessionId])
    const running = ask()
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    await until(async () => ((await house.admin.query(waiting)).rowCount ?? 0) >= 8, {
      deadlineMs: 1_800,
      what: 'eight who wait for the session',
    })
    await holder.query('COMMIT')
    return await Promise.all(running)
  } finally {
    holder.release()
  }
}
