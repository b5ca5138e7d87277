// Codes work again for whoever proved more than them: a part of the statement that completes a sign-in. What was proven has
// to be two different things, and nothing may be missing any more: a factor that is still to come is not what its
// predecessors unlock, or who holds those could guess it for ever.

import { sql } from 'kysely'
import type { Identifier } from '../challenge/identifier.ts'
import type { UserOf } from './factor.ts'

/** An identifier that the user had proven when the sign-in was read. */
export type HeldIdentifier = Pick<Identifier, 'kind' | 'identityKey'>

/** The same, as its guard and the trail name it. */
export interface GuardedIdentifier extends HeldIdentifier {
  limitKey: string
  identifierDigest: string
}

/** The user's proven identifiers as JSON, for a row of `account`, which has the columns `tenant_id` and `user_id`. */
export const heldIdentifiers = sql`
  (SELECT coalesce(json_agg(json_build_object('kind', i.kind, 'identityKey', i.identity_key)), '[]')
     FROM identifiers i WHERE i.tenant_id = account.tenant_id AND i.user_id = account.user_id
      AND i.verified_at IS NOT NULL)`

/**
 * The CTE `freed`: the guards of these whose wait ends, or whose codes are on again. Before it the statement has `opened`
 * (session/sign-in.store.ts) and, where the answer `isChallenge`, `judged`: that identifier's own guard is counted there,
 * and a row is changed once in a statement. What the user has not proven, or not any more, stays as it is.
 */
export function freedIdentifiers(user: UserOf, held: readonly GuardedIdentifier[], isChallenge: boolean) {
  const column = (name: keyof GuardedIdentifier) => sql`${held.map((one) => one[name])}::text[]`
  return sql`
  freed AS (
    UPDATE identifier_guards g SET failures = 0, wait_until = NULL, disabled_at = NULL
      FROM unnest(${column('kind')}, ${column('identityKey')}, ${column('limitKey')}, ${column('identifierDigest')})
        AS held (kind, identity_key, limit_key, identifier_digest)
     WHERE g.tenant_id = ${user.tenantId}::uuid AND g.limit_key = held.limit_key
       AND (g.wait_until > now() OR g.disabled_at IS NOT NULL)
       AND EXISTS (SELECT FROM opened WHERE acr = 'urn:postern:acr:multi-factor')
       AND EXISTS (SELECT FROM identifiers i WHERE i.tenant_id = ${user.tenantId}::uuid AND i.kind = held.kind
                      AND i.identity_key = held.identity_key AND i.user_id = ${user.userId}::uuid
                      AND i.verified_at IS NOT NULL)
       ${isChallenge ? sql`AND g.limit_key <> ALL (ARRAY(SELECT limit_key FROM judged))` : sql``}
    RETURNING held.identifier_digest
  )`
}

/** Rows for the outbox: `kind, subject, outcome, reason, data`. */
export const freedEvents = sql`
  SELECT 'identifier.unlocked', 'identifier:' || identifier_digest, 'success', 'factor_proven', '{}'::jsonb FROM freed`
