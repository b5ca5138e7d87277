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

/** `guard`: the guard of each of `found`, locked in one order; one that was removed as long unused remembers nothing. */
export const lockedGuards = (tenantId: string) => sql`
  guard AS (
    SELECT f.n, f.id AS challenge_id, g.disabled_at IS NOT NULL AS is_disabled,
           g.disabled_at IS NOT NULL OR coalesce(g.wait_until > now(), false) AS is_locked,
           coalesce(g.failures > 0, false) OR coalesce(g.wait_until, g.disabled_at) IS NOT NULL AS remembers,
           ceil(extract(epoch FROM g.wait_until - now()))::integer AS wait_seconds
      FROM (SELECT n, id, limit_key FROM found WHERE may_go ORDER BY limit_key) f
      LEFT JOIN LATERAL (SELECT failures, wait_until, disabled_at FROM identifier_guards
                          WHERE tenant_id = ${tenantId}::uuid AND limit_key = f.limit_key LIMIT 1 FOR UPDATE) g ON true
  )`

/**
 * `guarded`: the guards that changed. A wrong code counts; a right one ends the row of failures; a proven link also turns
 * codes on again, because whoever reads the mailbox is who the guard protects. `lock`: what each guard is like afterwards.
 */
export function countedGuards(tenantId: string) {
  return sql`
  changed AS (
    INSERT INTO identifier_guards AS g (tenant_id, limit_key, window_started_at, sends, failures)
    SELECT ${tenantId}::uuid, limit_key, now(), 0, CASE verdict WHEN 'wrong_code' THEN 1 ELSE 0 END
      FROM judged WHERE verdict = 'wrong_code' OR verdict = 'proven' AND remembers
     ORDER BY limit_key
    ON CONFLICT (tenant_id, limit_key) DO UPDATE
       SET failures = CASE excluded.failures WHEN 0 THEN 0 ELSE g.failures + 1 END,
           wait_until = CASE WHEN excluded.failures = 0 THEN NULL
                             WHEN (g.failures + 1) % ${PER_WAIT} = 0 THEN now() + make_interval(secs =>
                               least(${FIRST} * 2 ^ ((g.failures + 1) / ${PER_WAIT} - 1), ${LONGEST}))
                             ELSE g.wait_until END,
           disabled_at = CASE WHEN excluded.failures = 0 THEN NULL
                              WHEN g.failures + 1 >= ${AT_MOST} THEN now() ELSE g.disabled_at END
    RETURNING limit_key, failures, disabled_at IS NOT NULL AS is_disabled,
              disabled_at IS NOT NULL OR coalesce(wait_until > now(), false) AS is_locked,
              ceil(extract(epoch FROM wait_until - now()))::integer AS wait_seconds
  ), guarded AS (
    SELECT j.n, j.identifier_digest, j.is_locked AS was_locked, c.failures, c.is_disabled, c.is_locked, c.wait_seconds
      FROM changed c JOIN judged j USING (limit_key)
  ), lock AS (
    SELECT n, is_locked, is_disabled, wait_seconds FROM guarded
    UNION ALL
    SELECT n, is_locked, is_disabled, wait_seconds FROM guard g WHERE NOT EXISTS (SELECT FROM guarded d WHERE d.n = g.n)
  )`
}
