// The sends of identifiers, counted with what is sent: parts of the issuing statement. A count stops one above its limit:
// the first refusal of a window is told to the trail, a flood of them is not. What one limit refuses, the other does not count.

import { sql } from 'kysely'
import { uncountedGuard } from '../uncounted-guard.store.ts'
import { SENDS, VERIFY_SENDS } from './send-limit.ts'

const [QUOTA, VERIFY_QUOTA] = [sql.lit(SENDS.quota), sql.lit(VERIFY_SENDS.quota)]
const WINDOW = sql`make_interval(secs => ${sql.lit(SENDS.windowSeconds)})`
const VERIFY_WINDOW = sql`make_interval(secs => ${sql.lit(VERIFY_SENDS.windowSeconds)})`

// Of the row as it is (g), when another send (excluded) comes.
const RUNS = sql`g.window_started_at > now() - ${WINDOW}`
const FULL = sql`(${RUNS} AND g.sends >= ${QUOTA})`
const VERIFY_RUNS = sql`coalesce(g.verify_window_started_at > now() - ${VERIFY_WINDOW}, false)`
const VERIFY_FULL = sql`(excluded.verify_sends > 0 AND ${VERIFY_RUNS} AND g.verify_sends >= ${VERIFY_QUOTA})`

/**
 * `judged`: each input of `ask`, and `hit` (the limit that refuses it; NULL: none does), `is_first_hit`, `quota`,
 * `retry_after` (seconds), `full_until` (when the next one may be sent, where that was the last), and whether the identifier's
 * codes are off: `is_disabled, wait_until`. What has a `refusal` is not counted, and the rest of its row says nothing.
 */
export function judgedSends(tenantId: string) {
  // In one order, which is also that of who judges proofs: of two groups that meet, one waits for the other.
  return sql`
  counts AS (
    INSERT INTO identifier_guards AS g
      (tenant_id, limit_key, window_started_at, sends, verify_window_started_at, verify_sends)
    SELECT ${tenantId}::uuid, a.limit_key, now(), 1, CASE a.purpose WHEN 'verify_email' THEN now() END,
           CASE a.purpose WHEN 'verify_email' THEN 1 ELSE 0 END
      FROM ask a WHERE a.refusal IS NULL ORDER BY a.limit_key
    ON CONFLICT (tenant_id, limit_key) DO UPDATE SET
      sends = CASE WHEN NOT ${FULL} AND ${VERIFY_FULL} THEN g.sends WHEN ${RUNS} THEN g.sends + 1 ELSE 1 END,
      window_started_at =
        CASE WHEN ${RUNS} OR ${VERIFY_FULL} THEN g.window_started_at ELSE excluded.window_started_at END,
      verify_sends = CASE WHEN excluded.verify_sends = 0 OR ${FULL} THEN g.verify_sends
                          WHEN ${VERIFY_RUNS} THEN g.verify_sends + 1 ELSE 1 END,
      verify_window_started_at = CASE WHEN excluded.verify_sends = 0 OR ${FULL} OR ${VERIFY_RUNS}
                                      THEN g.verify_window_started_at ELSE excluded.verify_window_started_at END
    WHERE CASE WHEN ${FULL} THEN g.sends = ${QUOTA} WHEN ${VERIFY_FULL} THEN g.verify_sends = ${VERIFY_QUOTA}
               ELSE true END
    RETURNING g.limit_key, g.sends, g.window_started_at, g.verify_sends, g.verify_window_started_at, g.wait_until,
              g.disabled_at IS NOT NULL AS is_disabled, old.verify_sends AS verify_sends_before
  ), judged AS MATERIALIZED (
    SELECT h.*, h.is_counted AND h.hit IS NOT NULL AS is_first_hit,
           CASE h.hit WHEN 'identifier_sends' THEN ${QUOTA} ELSE ${VERIFY_QUOTA} END AS quota,
           greatest(h.sends_full_until, h.verify_full_until) AS full_until,
           ceil(extract(epoch FROM CASE h.hit WHEN 'identifier_sends' THEN h.ends_at ELSE h.verify_ends_at END - now()))
             ::integer AS retry_after
      FROM (${hits(tenantId)}) h
  )`
}

// Who was refused before is not counted again; the row as it was before this statement says by which limit.
const hits = (tenantId: string) => sql`
    SELECT a.*, c.limit_key IS NOT NULL AS is_counted, c.is_disabled, c.wait_until,
           CASE WHEN c.sends >= ${QUOTA} THEN c.window_started_at + ${WINDOW} END AS sends_full_until,
           CASE WHEN a.purpose = 'verify_email' AND c.verify_sends >= ${VERIFY_QUOTA}
                THEN c.verify_window_started_at + ${VERIFY_WINDOW} END AS verify_full_until,
           CASE WHEN c.limit_key IS NULL
                THEN CASE WHEN ${FULL} THEN 'identifier_sends' ELSE 'verify_email_sends' END
                WHEN a.purpose = 'verify_email' AND c.verify_sends > ${VERIFY_QUOTA}
                 AND c.verify_sends > c.verify_sends_before THEN 'verify_email_sends'
                WHEN c.sends > ${QUOTA} THEN 'identifier_sends' END AS hit,
           coalesce(c.window_started_at, g.window_started_at) + ${WINDOW} AS ends_at,
           coalesce(c.verify_window_started_at, g.verify_window_started_at) + ${VERIFY_WINDOW} AS verify_ends_at
      FROM ask a LEFT JOIN counts c USING (limit_key) ${uncountedGuard(tenantId)}`
