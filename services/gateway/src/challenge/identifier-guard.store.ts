// The guard of an identifier: wrong codes in a row, over all its challenges, channels and resends. Parts of a statement
// that spends challenges. Attempts while it waits change nothing, so nobody can make the wait longer.

import { sql } from 'kysely'
import {
  FAILURES_AT_MOST,
  FAILURES_PER_WAIT,
  FIRST_WAIT_SECONDS,
  LONGEST_WAIT_SECONDS,
} from './code-limits.ts'

const [PER_WAIT, AT_MOST] = [sql.lit(FAILURES_PER_WAIT), sql.lit(FAILURES_AT_MOST)]
const [FIRST, LONGEST] = [sql.lit(FIRST_WAIT_SECONDS), sql.lit(LONGEST_WAIT_SECONDS)]

/** `guard`: the guards of `found`, locked in one order. A challenge without one gets one, and is judged when it comes again. */
export const lockedGuards = (tenantId: string) => sql`
  guard AS (
    SELECT f.n, f.id AS challenge_id, g.failures, g.disabled_at IS NOT NULL AS is_disabled,
           g.disabled_at IS NOT NULL OR coalesce(g.wait_until > now(), false) AS is_locked,
           ceil(extract(epoch FROM g.wait_until - now()))::integer AS wait_seconds
      FROM found f JOIN identifier_guards g ON g.tenant_id = ${tenantId}::uuid AND g.limit_key = f.limit_key
     WHERE f.may_go ORDER BY g.limit_key FOR UPDATE OF g
  ), new_guard AS (
    INSERT INTO identifier_guards (tenant_id, limit_key, window_started_at, sends)
    SELECT DISTINCT ${tenantId}::uuid, f.limit_key, now(), 0 FROM found f WHERE NOT f.has_guard
    ON CONFLICT DO NOTHING
  )`

/**
 * `guarded`: the guards that changed. A wrong code counts; a right one ends the row of failures; a proven link also turns
 * codes on again, because whoever reads the mailbox is who the guard protects. `lock`: what each guard is like afterwards.
 */
export function countedGuards(tenantId: string) {
  return sql`
  guarded AS (
    UPDATE identifier_guards g
       SET failures = CASE j.verdict WHEN 'proven' THEN 0 ELSE g.failures + 1 END,
           wait_until = CASE WHEN j.verdict = 'proven' THEN NULL
                             WHEN (g.failures + 1) % ${PER_WAIT} = 0 THEN now() + make_interval(secs =>
                               least(${FIRST} * 2 ^ ((g.failures + 1) / ${PER_WAIT} - 1),
                                     ${LONGEST}))
                             ELSE g.wait_until END,
           disabled_at = CASE WHEN j.verdict = 'wrong_code' AND g.failures + 1 >= ${AT_MOST} THEN now()
                              WHEN j.verdict = 'wrong_code' THEN g.disabled_at END
      FROM judged j
     WHERE g.tenant_id = ${tenantId}::uuid AND g.limit_key = j.limit_key
       AND (j.verdict = 'wrong_code'
            OR j.verdict = 'proven' AND (g.failures > 0 OR g.wait_until IS NOT NULL OR g.disabled_at IS NOT NULL))
    RETURNING j.n, g.failures, j.identifier_digest, j.is_locked AS was_locked, g.disabled_at IS NOT NULL AS is_disabled,
              g.disabled_at IS NOT NULL OR coalesce(g.wait_until > now(), false) AS is_locked,
              ceil(extract(epoch FROM g.wait_until - now()))::integer AS wait_seconds
  ), lock AS (
    SELECT n, is_locked, is_disabled, wait_seconds FROM guarded
    UNION ALL
    SELECT n, is_locked, is_disabled, wait_seconds FROM guard g WHERE NOT EXISTS (SELECT FROM guarded d WHERE d.n = g.n)
  )`
}
