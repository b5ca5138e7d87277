-- Through whom a tenant's messages go, in order. Read before a tenant is known, as a vendor's receipt names its sender only:
-- so without row-level security, as `api_keys`. No credential is here; `secret` names the file that holds it.

CREATE TABLE senders (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL UNIQUE,
  channel text NOT NULL CHECK (channel IN ('email', 'sms')),
  provider text NOT NULL CHECK (provider IN ('sendgrid', 'ses', 'smtp', 'gateway', 'twilio')),
  -- The lower is asked first; between equals the older.
  position integer NOT NULL CHECK (position BETWEEN 0 AND 99),
  settings jsonb NOT NULL CHECK (jsonb_typeof(settings) = 'object'),
  secret text CHECK (secret ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' AND length(secret) <= 40),
  enabled boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id),
  CONSTRAINT senders_of_their_channel CHECK (provider = 'gateway' OR (provider = 'twilio') = (channel = 'sms'))
);
CREATE INDEX senders_in_order ON senders (tenant_id, channel, position, id) WHERE enabled;

GRANT SELECT, INSERT, DELETE ON senders TO postern_gateway;
GRANT UPDATE (position, settings, secret, enabled, updated_at) ON senders TO postern_gateway;
GRANT SELECT ON senders TO postern_notifier;

-- How long a vendor's word that a message arrived is waited for, before another vendor is asked; NULL: not at all.
ALTER TABLE tenants ADD COLUMN receipt_wait_seconds integer CHECK (receipt_wait_seconds BETWEEN 10 AND 600);
GRANT UPDATE (receipt_wait_seconds) ON tenants TO postern_gateway;

-- Which of the tenant's senders was asked; NULL: one of the installation's own, which its provider names.
ALTER TABLE attempts ADD COLUMN sender_id uuid;
