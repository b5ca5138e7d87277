-- What has ended is kept for a while and then goes, in small batches, once a day. The trail stays: it tells how much went.

-- Ages are looked up by when a row was made; rows come in that order, so a block range index costs a hot insert nothing.
CREATE INDEX challenges_by_age ON challenges USING brin (created_at);
CREATE INDEX deliveries_by_age ON deliveries USING brin (created_at);

CREATE TABLE housekeeping (
  task text PRIMARY KEY,
  last_done timestamptz NOT NULL
);

CALL open_to_relay('challenges');
CALL open_to_relay('identifier_guards');
CALL open_to_relay('idempotency_keys');
CALL open_to_relay('sessions');
CALL open_to_relay('refresh_tokens');
CALL open_to_relay('pending_sign_ins');
GRANT SELECT, DELETE ON challenges, deliveries, attempts, identifier_guards, idempotency_keys, sessions, refresh_tokens,
  pending_sign_ins, revocations TO postern_relay;
GRANT SELECT, INSERT, UPDATE ON housekeeping TO postern_relay;
GRANT SELECT ON housekeeping TO postern_audit;
GRANT CREATE ON SCHEMA public TO postern_relay;

-- Removes up to `batch` rows of each kind that ended `keep_days` ago, unless a whole pass ended within the last day, and
-- tells each tenant's trail how many. Answers how many went; 0: nothing is left, or another process is at it.
CREATE FUNCTION purge_ended(batch integer, keep_days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  old constant timestamptz := now() - make_interval(days => keep_days);
  purged integer;
BEGIN
  IF EXISTS (SELECT FROM housekeeping h WHERE h.task = 'purge_ended' AND h.last_done > now() - interval '1 day')
     OR NOT pg_try_advisory_xact_lock(hashtextextended('postern:purge_ended', 0)) THEN
    RETURN 0;
  END IF;
  WITH old_deliveries AS (
    SELECT d.tenant_id, d.id FROM deliveries d
     WHERE d.created_at < old AND d.expires_at < old
       AND d.status NOT IN ('scheduled', 'pending', 'queued', 'sending')
     LIMIT batch
  ), gone_attempts AS (
    DELETE FROM attempts a USING old_deliveries o WHERE a.tenant_id = o.tenant_id AND a.delivery_id = o.id
  ), gone_receipts AS (
    DELETE FROM webhook_receipts r USING old_deliveries o WHERE r.tenant_id = o.tenant_id AND r.delivery_id = o.id
    RETURNING r.tenant_id
  ), gone_deliveries AS (
    DELETE FROM deliveries d USING old_deliveries o WHERE d.tenant_id = o.tenant_id AND d.id = o.id RETURNING d.tenant_id
  ), gone_challenges AS (
    DELETE FROM challenges c USING (
      SELECT o.tenant_id, o.id FROM challenges o
       WHERE o.created_at < old AND o.expires_at < old LIMIT batch) o
     WHERE c.tenant_id = o.tenant_id AND c.id = o.id RETURNING c.tenant_id
  ), gone_keys AS (
    DELETE FROM idempotency_keys k USING (
      SELECT o.tenant_id, o.key_digest FROM idempotency_keys o
       WHERE o.expires_at < now() LIMIT batch) o
     WHERE k.tenant_id = o.tenant_id AND k.key_digest = o.key_digest RETURNING k.tenant_id
  ), gone_sessions AS (
    -- Their refresh tokens go with them.
    DELETE FROM sessions s USING (
      SELECT o.tenant_id, o.id FROM sessions o
       WHERE least(o.idle_expires_at, o.expires_at, coalesce(o.revoked_at, 'infinity')) < old
       LIMIT batch) o
     WHERE s.tenant_id = o.tenant_id AND s.id = o.id RETURNING s.tenant_id
  ), gone_pending AS (
    DELETE FROM pending_sign_ins p USING (
      SELECT o.tenant_id, o.id FROM pending_sign_ins o
       WHERE o.expires_at < now() - interval '1 day' LIMIT batch) o
     WHERE p.tenant_id = o.tenant_id AND p.id = o.id RETURNING p.tenant_id
  ), gone_guards AS (
    -- Only what remembers nothing: a row with failures stays, however old, or waiting would forget them.
    DELETE FROM identifier_guards g USING (
      SELECT o.tenant_id, o.limit_key FROM identifier_guards o
       WHERE o.window_started_at < old AND o.failures = 0 AND o.disabled_at IS NULL
         AND coalesce(o.message_window_started_at < old, true)
       LIMIT batch) o
     WHERE g.tenant_id = o.tenant_id AND g.limit_key = o.limit_key RETURNING g.tenant_id
  ), gone_revocations AS (
    -- Every process has seen them, or has asked the rows themselves since.
    DELETE FROM revocations r USING (
      SELECT o.tenant_id, o.id FROM revocations o
       WHERE o.created_at < now() - interval '1 day' LIMIT batch) o
     WHERE r.tenant_id = o.tenant_id AND r.id = o.id RETURNING r.tenant_id
  ), gone AS (
    SELECT tenant_id, 'deliveries' AS what FROM gone_deliveries
    UNION ALL SELECT tenant_id, 'webhook_receipts' FROM gone_receipts
    UNION ALL SELECT tenant_id, 'challenges' FROM gone_challenges
    UNION ALL SELECT tenant_id, 'idempotency_keys' FROM gone_keys
    UNION ALL SELECT tenant_id, 'sessions' FROM gone_sessions
    UNION ALL SELECT tenant_id, 'pending_sign_ins' FROM gone_pending
    UNION ALL SELECT tenant_id, 'identifier_guards' FROM gone_guards
    UNION ALL SELECT tenant_id, 'revocations' FROM gone_revocations
  ), counted AS (
    SELECT g.tenant_id, g.what, count(*) AS n FROM gone g GROUP BY g.tenant_id, g.what
  ), told AS (
    INSERT INTO outbox (tenant_id, kind, actor, subject, outcome, data)
    SELECT c.tenant_id, 'retention.purged', 'service:relay', 'tenant:' || c.tenant_id, 'success',
           jsonb_object_agg(c.what, c.n) FROM counted c GROUP BY c.tenant_id
  )
  SELECT coalesce(sum(n), 0)::integer INTO purged FROM counted;
  IF purged = 0 THEN
    INSERT INTO housekeeping AS h (task, last_done) VALUES ('purge_ended', now())
    ON CONFLICT (task) DO UPDATE SET last_done = excluded.last_done;
  END IF;
  RETURN purged;
END $$;

REVOKE ALL ON FUNCTION purge_ended(integer, integer) FROM PUBLIC;
ALTER FUNCTION purge_ended(integer, integer) OWNER TO postern_relay;
SET LOCAL ROLE postern_relay;
GRANT EXECUTE ON FUNCTION purge_ended(integer, integer) TO postern_audit;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM postern_relay;
