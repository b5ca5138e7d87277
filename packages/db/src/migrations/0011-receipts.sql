-- What vendors say became of messages, and who gets none any more.

-- Each receipt once, whoever repeats it: who inserts the row applies it, in the same statement.
CREATE TABLE webhook_receipts (
  tenant_id uuid NOT NULL,
  provider text NOT NULL CHECK (provider IN ('sendgrid', 'ses', 'smtp', 'gateway', 'twilio')),
  -- SHA-256 of what makes the vendor's event this one and no other.
  event_key bytea NOT NULL CHECK (length(event_key) = 32),
  delivery_id uuid NOT NULL,
  attempt integer NOT NULL,
  status text NOT NULL CHECK (status IN ('sent', 'delivered', 'undelivered', 'bounced', 'complained', 'opted_out', 'deferred')),
  error_code text,
  provider_message_id text,
  -- By the vendor's clock.
  occurred_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, provider, event_key)
);
CREATE INDEX webhook_receipts_of_delivery ON webhook_receipts (delivery_id, occurred_at, tenant_id);

-- Recipients who get nothing more by a channel. The address itself is not here: see deliveries.recipient_digest.
CREATE TABLE suppressions (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  channel text NOT NULL CHECK (channel IN ('email', 'sms')),
  recipient_digest bytea NOT NULL CHECK (length(recipient_digest) = 32),
  reason text NOT NULL CHECK (reason IN ('hard_bounce', 'complaint', 'opt_out')),
  provider text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT suppressions_of_recipient UNIQUE (tenant_id, channel, recipient_digest)
);

CALL isolate_by_tenant('webhook_receipts');
CALL isolate_by_tenant('suppressions');
CALL open_to_relay('webhook_receipts');

GRANT UPDATE (outcome, error_code, provider_message_id, finished_at, receipt) ON attempts TO postern_gateway;
GRANT SELECT, INSERT ON webhook_receipts TO postern_gateway, postern_notifier;
GRANT SELECT, INSERT, DELETE ON suppressions TO postern_gateway;
GRANT SELECT, INSERT ON suppressions TO postern_notifier;
GRANT SELECT, DELETE ON webhook_receipts TO postern_relay;
