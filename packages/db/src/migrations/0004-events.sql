-- The outbox, where a fact is written with what it tells, and the trail it is moved to.
-- Who did it and in which request come from the transaction's settings: a change without an actor fails.

CREATE TABLE outbox (
  id uuid PRIMARY KEY DEFAULT uuidv7(),
  tenant_id uuid NOT NULL,
  -- The closed list of packages/contracts/src/event-kinds.ts; a test keeps both equal.
  kind text NOT NULL CONSTRAINT outbox_kind_known CHECK (kind IN (
    'tenant.created', 'tenant.updated', 'api_key.created', 'api_key.revoked', 'sender.created',
    'sender.updated', 'sender.removed', 'challenge.issued',
    'challenge.superseded', 'challenge.revoked', 'challenge.verified', 'challenge.refused',
    'delivery.created', 'delivery.rescheduled', 'delivery.redriven',
    'delivery.queued', 'delivery.attempted', 'delivery.accepted', 'delivery.delivered', 'delivery.deferred',
    'delivery.failed',
    'delivery.unknown', 'delivery.expired', 'delivery.cancelled', 'delivery.suppressed',
    'delivery.dead_letter', 'suppression.created', 'suppression.removed', 'limit.hit', 'retention.purged',
    'template.changed', 'session.opened', 'user.created',
    'session.refreshed', 'session.refresh_reused', 'session.raised', 'session.revoked', 'user.updated',
    'user.disabled', 'user.enabled', 'user.erased', 'identifier.claimed', 'identifier.locked', 'identifier.unlocked',
    'factor.enrolled', 'factor.enabled', 'factor.disabled', 'factor.locked', 'recovery_codes.created',
    'mfa.required', 'mfa.verified', 'mfa.refused')),
  occurred_at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL DEFAULT NULLIF(current_setting('app.actor', true), ''),
  subject text NOT NULL,
  request_id uuid DEFAULT NULLIF(current_setting('app.request_id', true), '')::uuid,
  outcome text NOT NULL CHECK (outcome IN ('success', 'refused', 'failed')),
  reason text,
  traceparent text DEFAULT NULLIF(current_setting('app.traceparent', true), ''),
  data jsonb NOT NULL DEFAULT '{}',
  due_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_due ON outbox (due_at);

CREATE TABLE audit_events (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL,
  occurred_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  subject text NOT NULL,
  request_id uuid,
  outcome text NOT NULL,
  reason text,
  trace_id text,
  data jsonb NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
-- Lists run newest first; the id orders what one transaction told.
CREATE INDEX audit_events_newest ON audit_events (tenant_id, occurred_at, id);
CREATE INDEX audit_events_of_subject ON audit_events (tenant_id, subject, occurred_at, id);
CREATE INDEX audit_events_of_kind ON audit_events (tenant_id, kind, occurred_at, id);

CALL isolate_by_tenant('outbox');
CALL isolate_by_tenant('audit_events');
CALL open_to_relay('outbox');
CALL open_to_relay('audit_events');

GRANT INSERT ON outbox TO postern_gateway, postern_notifier;
GRANT SELECT ON audit_events TO postern_audit;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO postern_relay;
GRANT INSERT ON audit_events TO postern_relay;
GRANT SELECT (id) ON audit_events TO postern_relay;
