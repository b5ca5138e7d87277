// What the page behind a mailed link needs to know. It reads only.

import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import type { ChallengeMarks } from '../challenge/challenge.ts'

export interface LinkTarget extends ChallengeMarks {
  tenantName: string
  redirectUrl: string
}

/** Where the genuine token of a challenge leads. */
export async function findLinkTarget(
  run: TenantRun,
  token: { tenantId: string; challengeId: string; digest: Buffer },
): Promise<LinkTarget | undefined> {
  const [row] = await run(sql<LinkTarget>`
    SELECT t.name AS "tenantName", c.redirect_url AS "redirectUrl", c.consumed_at AS "consumedAt",
           c.superseded_at IS NOT NULL AS superseded, c.revoked_at IS NOT NULL AS revoked,
           c.expires_at <= now() AS expired
      FROM challenges c JOIN tenants t ON t.id = c.tenant_id AND t.is_active
     WHERE c.tenant_id = ${token.tenantId}::uuid AND c.id = ${token.challengeId}::uuid AND c.kind = 'magic_link'
       AND c.digest = ${token.digest}::bytea AND NOT c.decoy`)
  return row
}
