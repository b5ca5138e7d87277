-- Every cross-tenant need is one of these functions: they run as postern_relay, nobody else may see across tenants.

-- Hands due deliveries to the queue, oldest first. A delivery whose worker died is due again, and told so: `lease_ended`.
CREATE FUNCTION claim_due(batch integer)
RETURNS TABLE (tenant_id uuid, delivery_id uuid, channel text, drive integer, queued_at timestamptz, traceparent text,
  lease_ended boolean)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH due AS (
    SELECT d.tenant_id, d.id, d.due_at, d.status = 'sending' AS lease_ended FROM deliveries d
     WHERE d.status IN ('scheduled', 'pending', 'sending') AND d.due_at <= now() AND d.expires_at > now()
     ORDER BY d.due_at LIMIT batch FOR UPDATE SKIP LOCKED
  ), driven AS (
    UPDATE deliveries d
       SET status = 'queued', drive = d.drive + 1, due_at = now() + interval '10 seconds', updated_at = now()
      FROM due WHERE d.tenant_id = due.tenant_id AND d.id = due.id
    RETURNING d.tenant_id, d.id, d.channel, d.drive, d.traceparent, due.due_at AS since, due.lease_ended
  ), told AS (
    INSERT INTO outbox (tenant_id, kind, actor, subject, outcome, traceparent, data)
    SELECT v.tenant_id, 'delivery.queued', 'service:relay', 'delivery:' || v.id, 'success', v.traceparent,
           jsonb_build_object('drive', v.drive, 'channel', v.channel)
      FROM driven v
  )
  SELECT v.tenant_id, v.id, v.channel, v.drive, now(), v.traceparent, v.lease_ended FROM driven v ORDER BY v.since, v.id
$$;

-- Drives again what the queue lost: what nobody took for 10 seconds and was queued before all that the queue still has, as the
-- relay asked it. NULL: it has nothing. Longest queued first.
CREATE FUNCTION redrive_lost(of_channel text, queued_before timestamptz, batch integer)
RETURNS TABLE (tenant_id uuid, delivery_id uuid, channel text, drive integer, queued_at timestamptz, traceparent text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH lost AS (
    SELECT d.tenant_id, d.id, d.due_at FROM deliveries d
     -- What is queued is due 10 seconds later.
     WHERE d.status = 'queued' AND d.due_at <= least(now(), queued_before + interval '10 seconds')
       AND d.channel = of_channel AND d.expires_at > now()
     ORDER BY d.due_at LIMIT batch FOR UPDATE SKIP LOCKED
  ), driven AS (
    UPDATE deliveries d
       SET drive = d.drive + 1, due_at = now() + interval '10 seconds', updated_at = now()
      FROM lost WHERE d.tenant_id = lost.tenant_id AND d.id = lost.id
    RETURNING d.tenant_id, d.id, d.channel, d.drive, d.traceparent, lost.due_at AS since
  ), told AS (
    INSERT INTO outbox (tenant_id, kind, actor, subject, outcome, reason, traceparent, data)
    SELECT v.tenant_id, 'delivery.queued', 'service:relay', 'delivery:' || v.id, 'success', 'lost_by_queue',
           v.traceparent, jsonb_build_object('drive', v.drive, 'channel', v.channel)
      FROM driven v
  )
  SELECT v.tenant_id, v.id, v.channel, v.drive, now(), v.traceparent FROM driven v ORDER BY v.since, v.id
$$;

-- Ends what ran out of time, and takes from dead letters what they still hold. What a vendor may have taken ends as unknown,
-- never as expired, and what one took as accepted. `of_queue`: what is queued, else all other.
CREATE FUNCTION expire_due(batch integer, of_queue boolean) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH idle AS (
    SELECT d.tenant_id, d.id FROM deliveries d
     WHERE NOT of_queue AND d.status IN ('scheduled', 'pending', 'sending') AND d.due_at <= now() AND d.expires_at <= now()
       AND (d.lease_until IS NULL OR d.lease_until <= now())
     ORDER BY d.due_at LIMIT batch FOR UPDATE SKIP LOCKED
  ), queued AS (
    SELECT d.tenant_id, d.id FROM deliveries d
     WHERE of_queue AND d.status = 'queued' AND d.channel IN ('email', 'sms') AND d.due_at <= now() AND d.expires_at <= now()
     ORDER BY d.due_at LIMIT batch FOR UPDATE SKIP LOCKED
  ), due AS (
    SELECT tenant_id, id FROM idle UNION ALL SELECT tenant_id, id FROM queued
  ), closed AS (
    UPDATE attempts a SET outcome = 'unknown', finished_at = now(), error_code = 'lease_ended'
      FROM due WHERE a.tenant_id = due.tenant_id AND a.delivery_id = due.id AND a.outcome = 'started'
  ), over AS (
    UPDATE deliveries d
       SET status = resting_status(d.tenant_id, d.id, 'expired'),
           due_at = NULL, lease_until = NULL, fence = d.fence + 1, payload = NULL, updated_at = now()
      FROM due WHERE d.tenant_id = due.tenant_id AND d.id = due.id
    RETURNING d.tenant_id, d.id, d.status, d.traceparent
  ), told AS (
    INSERT INTO outbox (tenant_id, kind, actor, subject, outcome, reason, traceparent)
    SELECT o.tenant_id, 'delivery.' || o.status, 'service:relay', 'delivery:' || o.id,
           CASE o.status WHEN 'accepted' THEN 'success' ELSE 'failed' END, 'out_of_time', o.traceparent
      FROM over o
  ), wiped AS (
    UPDATE deliveries d SET payload = NULL, due_at = NULL, updated_at = now()
      FROM (SELECT l.tenant_id, l.id FROM deliveries l
             WHERE NOT of_queue AND l.status = 'dead_letter' AND l.due_at <= now() AND l.expires_at <= now()
             ORDER BY l.due_at LIMIT batch FOR UPDATE SKIP LOCKED) w
     WHERE d.tenant_id = w.tenant_id AND d.id = w.id
  )
  SELECT count(*)::integer FROM over
$$;

-- Names due events. They stay in the outbox until record_events has moved them.
CREATE FUNCTION claim_events(batch integer) RETURNS TABLE (id uuid)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH due AS (
    SELECT e.id FROM outbox e WHERE e.due_at <= now() ORDER BY e.due_at LIMIT batch FOR UPDATE SKIP LOCKED
  ), named AS (
    UPDATE outbox o SET due_at = now() + interval '10 seconds' FROM due WHERE o.id = due.id RETURNING o.id
  )
  SELECT n.id FROM named n ORDER BY n.id
$$;

-- Moves events from the outbox to the trail: one statement, so each is recorded exactly once. Locks are taken in the
-- order of the ids, so that two who were given the same events wait for each other and never deadlock.
CREATE FUNCTION record_events(ids uuid[]) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH named AS (
    SELECT e.id FROM outbox e WHERE e.id = ANY (ids) ORDER BY e.id FOR UPDATE
  ), moved AS (
    DELETE FROM outbox o USING named n WHERE o.id = n.id
    RETURNING o.tenant_id, o.id, o.kind, o.occurred_at, o.actor, o.subject, o.request_id, o.outcome, o.reason,
              o.traceparent, o.data
  ), kept AS (
    INSERT INTO audit_events
      (tenant_id, id, kind, occurred_at, actor, subject, request_id, outcome, reason, trace_id, data)
    SELECT m.tenant_id, m.id, m.kind, m.occurred_at, m.actor, m.subject, m.request_id, m.outcome, m.reason,
           substring(m.traceparent FROM '^[0-9a-f]{2}-([0-9a-f]{32})-'), m.data
      FROM moved m
    RETURNING id
  )
  SELECT count(*)::integer FROM kept
$$;

CREATE FUNCTION revocations_since(seconds integer)
RETURNS TABLE (tenant_id uuid, kind text, subject_id uuid, created_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT r.tenant_id, r.kind, r.subject_id, r.created_at FROM revocations r
   WHERE r.created_at > now() - make_interval(secs => seconds)
$$;

-- The true service level: how long the oldest message and the oldest event have been waiting.
CREATE FUNCTION relay_gauges()
RETURNS TABLE (pending bigint, oldest_pending_seconds double precision, events bigint, oldest_event_seconds double precision,
  dead_letters bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT d.n, coalesce(extract(epoch FROM now() - d.since), 0), e.n, coalesce(extract(epoch FROM now() - e.since), 0), l.n
    -- Twice, as the partial indexes have them: in one list no index would serve, and all that was ever sent be read.
    FROM (SELECT count(*) AS n, min(coalesce(w.again_since, w.send_at)) AS since
            FROM (SELECT again_since, send_at FROM deliveries WHERE status IN ('pending', 'sending')
                  UNION ALL SELECT again_since, send_at FROM deliveries WHERE status = 'queued') w) d,
         (SELECT count(*) AS n, min(occurred_at) AS since FROM outbox) e,
         -- Those that still hold what they would bring: of the others nothing is due.
         (SELECT count(*) AS n FROM deliveries WHERE status = 'dead_letter' AND due_at IS NOT NULL) l
$$;

DO $$
DECLARE f text;
BEGIN
  FOREACH f IN ARRAY ARRAY['claim_due(integer)', 'redrive_lost(text, timestamptz, integer)',
    'expire_due(integer, boolean)', 'claim_events(integer)', 'record_events(uuid[])', 'revocations_since(integer)', 'relay_gauges()']
  LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('ALTER FUNCTION %s OWNER TO postern_relay', f);
  END LOOP;
END $$;
