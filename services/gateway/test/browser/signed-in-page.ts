// A page on which somebody is signed in.

import { freshEmail, type Gateway } from '../setup.ts'
import { type BrowserTenant, openPage, type Page, SESSION } from './browser-page.ts'

export interface SignedInPage extends Page {
  readonly email: string
  readonly userId: string
  readonly sessionId: string
}

/** Signs a person in by a link, in a browser that was not here before. */
export async function signedInPage(
  gateway: Gateway,
  tenant: BrowserTenant,
  email = freshEmail(),
): Promise<SignedInPage> {
  const page = openPage(gateway, tenant.host)
  const { token } = await tenant.issue({ email })
  const { status, body } = await page.call('POST', '/v1/browser/session', { token })
  if (status !== 200 || !page.cookies.has(SESSION)) throw new Error(`not signed in: ${JSON.stringify(body)}`)
  return { ...page, email, userId: body.data.user.id, sessionId: body.data.session.id }
}

/** What a sign-in makes, spends or tells, counted: nothing of it may change where it is refused. The relay works beside. */
export async function stateOf({ house }: Gateway, tenantId: string): Promise<unknown> {
  const { rows } = await house.admin.query(
    `SELECT (SELECT count(*) FROM challenges WHERE tenant_id = $1) AS challenges,
            (SELECT count(*) FROM challenges WHERE tenant_id = $1 AND consumed_at IS NOT NULL) AS consumed,
            (SELECT coalesce(sum(tries), 0) FROM challenges WHERE tenant_id = $1) AS tries,
            (SELECT count(*) FROM sessions WHERE tenant_id = $1) AS sessions,
            (SELECT count(*) FROM sessions WHERE tenant_id = $1 AND revoked_at IS NOT NULL) AS ended,
            (SELECT count(*) FROM refresh_tokens WHERE tenant_id = $1) AS secrets,
            (SELECT count(*) FROM refresh_tokens WHERE tenant_id = $1 AND used_at IS NOT NULL) AS rotated,
            (SELECT count(*) FROM users WHERE tenant_id = $1) AS users,
            (SELECT count(*) FROM deliveries WHERE tenant_id = $1) AS deliveries,
            (SELECT count(*) FROM pending_sign_ins WHERE tenant_id = $1) AS pending,
            (SELECT count(*) FROM identifier_guards WHERE tenant_id = $1) AS guards,
            (SELECT count(*) FROM idempotency_keys WHERE tenant_id = $1) AS keys,
            (SELECT count(*) FROM outbox WHERE tenant_id = $1 AND kind NOT LIKE 'delivery.%') AS events`,
    [tenantId],
  )
  return rows[0]
}
