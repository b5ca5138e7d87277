-- Messages that a vendor took and no receipt told of: their vendors are asked, where they can be.

-- When its vendor is asked what became of it; NULL: not, or not any more.
ALTER TABLE attempts ADD COLUMN ask_at timestamptz;
CREATE INDEX attempts_to_ask ON attempts (ask_at) WHERE ask_at IS NOT NULL;

GRANT CREATE ON SCHEMA public TO postern_relay;

-- Names those whose turn it is, longest due first, each for one process. The next turn comes when as much time has passed
-- again as since the vendor took it; after a day, or once a receipt is there, there is none.
CREATE FUNCTION claim_unreported(batch integer)
RETURNS TABLE (tenant_id uuid, delivery_id uuid, attempt integer, channel text, provider text, sender_id uuid,
  provider_message_id text, traceparent text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH due AS (
    SELECT a.tenant_id, a.delivery_id, a.number, a.ask_at FROM attempts a
     WHERE a.ask_at <= now() ORDER BY a.ask_at LIMIT batch FOR UPDATE SKIP LOCKED
  ), named AS (
    UPDATE attempts a
       SET ask_at = CASE WHEN a.outcome = 'accepted' AND a.receipt IS NULL AND a.provider_message_id IS NOT NULL
                          AND a.finished_at > now() - interval '1 day' AND d.status <> 'delivered'
                         THEN now() + greatest(now() - a.finished_at, interval '5 seconds') END
      FROM due u JOIN deliveries d ON d.tenant_id = u.tenant_id AND d.id = u.delivery_id
     WHERE a.tenant_id = u.tenant_id AND a.delivery_id = u.delivery_id AND a.number = u.number
    RETURNING a.tenant_id, a.delivery_id, a.number, d.channel, a.provider, a.sender_id, a.provider_message_id,
              d.traceparent, a.ask_at, u.ask_at AS since
  )
  SELECT n.tenant_id, n.delivery_id, n.number, n.channel, n.provider, n.sender_id, n.provider_message_id, n.traceparent
    FROM named n WHERE n.ask_at IS NOT NULL ORDER BY n.since
$$;

-- For how long the one that waits longest has been waiting for its turn.
CREATE FUNCTION unreported_overdue_seconds() RETURNS double precision
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT greatest(coalesce(extract(epoch FROM now() - min(a.ask_at)), 0), 0)::float8 FROM attempts a WHERE a.ask_at IS NOT NULL
$$;

REVOKE ALL ON FUNCTION claim_unreported(integer), unreported_overdue_seconds() FROM PUBLIC;
ALTER FUNCTION claim_unreported(integer) OWNER TO postern_relay;
ALTER FUNCTION unreported_overdue_seconds() OWNER TO postern_relay;
SET LOCAL ROLE postern_relay;
GRANT EXECUTE ON FUNCTION claim_unreported(integer), unreported_overdue_seconds() TO postern_notifier;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM postern_relay;
