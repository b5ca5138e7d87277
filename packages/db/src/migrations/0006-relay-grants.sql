-- Which service may call which cross-tenant function. Only the owner of a function may grant it.

SET LOCAL ROLE postern_relay;
GRANT EXECUTE ON FUNCTION claim_due(integer), redrive_lost(text, timestamptz, integer),
  expire_due(integer, boolean), claim_events(integer), relay_gauges()
  TO postern_gateway, postern_notifier, postern_audit;
GRANT EXECUTE ON FUNCTION record_events(uuid[]) TO postern_audit;
GRANT EXECUTE ON FUNCTION revocations_since(integer) TO postern_gateway, postern_audit;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM postern_relay;
