-- What a vendor took is held for as long as another vendor may have to bring it, and no longer.

GRANT CREATE ON SCHEMA public TO postern_relay;

-- Looks at what a vendor took and whose wait is over: for a receipt, or for the end of its time. What may still go by another
-- vendor is due again; of all others nothing is held any more. Whether there is another vendor was decided when the wait began.
CREATE FUNCTION review_held(batch integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH due AS (
    SELECT d.tenant_id, d.id, d.challenge_id, d.expires_at FROM deliveries d
     WHERE d.status = 'accepted' AND d.due_at <= now()
     ORDER BY d.due_at LIMIT batch FOR UPDATE SKIP LOCKED
  ), judged AS (
    SELECT u.tenant_id, u.id, u.expires_at > now()
       AND (u.challenge_id IS NULL OR EXISTS (SELECT FROM challenges c WHERE c.tenant_id = u.tenant_id
            AND c.id = u.challenge_id AND c.consumed_at IS NULL AND c.superseded_at IS NULL AND c.revoked_at IS NULL
            AND c.expires_at > now()))
       AND (SELECT count(*) < 2 FROM attempts a WHERE a.tenant_id = u.tenant_id AND a.delivery_id = u.id
             AND a.outcome IN ('started', 'accepted', 'unknown')) AS again
      FROM due u
  ), moved AS (
    UPDATE deliveries d
       SET status = CASE WHEN j.again THEN 'pending' ELSE d.status END,
           due_at = CASE WHEN j.again THEN now() END,
           again_since = CASE WHEN j.again THEN now() ELSE d.again_since END,
           payload = CASE WHEN j.again THEN d.payload END, updated_at = now()
      FROM judged j WHERE d.tenant_id = j.tenant_id AND d.id = j.id
    RETURNING d.tenant_id, d.id, d.status, d.traceparent
  ), told AS (
    INSERT INTO outbox (tenant_id, kind, actor, subject, outcome, reason, traceparent)
    SELECT m.tenant_id, 'delivery.deferred', 'service:relay', 'delivery:' || m.id, 'failed', 'no_receipt', m.traceparent
      FROM moved m WHERE m.status = 'pending'
  )
  SELECT count(*)::integer FROM moved
$$;

REVOKE ALL ON FUNCTION review_held(integer) FROM PUBLIC;
ALTER FUNCTION review_held(integer) OWNER TO postern_relay;
SET LOCAL ROLE postern_relay;
GRANT EXECUTE ON FUNCTION review_held(integer) TO postern_gateway, postern_notifier, postern_audit;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM postern_relay;
