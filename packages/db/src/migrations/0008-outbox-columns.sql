-- What a service tells, but not under which id nor when: an id of its own choosing that the trail has already would
-- fail every batch that it is recorded with, and a time of its own choosing would put an event where none happened.
-- The actor comes from the transaction's settings alone. The gateway's hot statements serve several requests of one actor
-- in one transaction, so it names the request of each event itself.

REVOKE INSERT ON outbox FROM postern_gateway, postern_notifier;
GRANT INSERT (tenant_id, kind, subject, outcome, reason, traceparent, data)
  ON outbox TO postern_gateway, postern_notifier;
GRANT INSERT (request_id) ON outbox TO postern_gateway;
