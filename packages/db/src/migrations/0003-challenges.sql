-- Challenges, the deliveries that carry them, the attempts of each delivery, and what limits and repeats issuing.

CREATE TABLE challenges (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('magic_link', 'otp')),
  purpose text NOT NULL CHECK (purpose IN ('sign_in', 'verify_email', 'step_up', 'onboarding')),
  identifier_kind text NOT NULL CHECK (identifier_kind IN ('email', 'phone')),
  identity_key text NOT NULL,
  address text NOT NULL,
  digest bytea NOT NULL CHECK (length(digest) = 32),
  key_version smallint NOT NULL,
  code_challenge text,
  redirect_url text NOT NULL,
  session_id uuid,
  delivery_id uuid NOT NULL,
  decoy boolean NOT NULL,
  metadata jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  due_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  consumed_at timestamptz,
  superseded_at timestamptz,
  revoked_at timestamptz,
  PRIMARY KEY (id, tenant_id)
);
CREATE INDEX challenges_live ON challenges (identity_key, purpose, tenant_id)
  WHERE consumed_at IS NULL AND superseded_at IS NULL AND revoked_at IS NULL;

CREATE TABLE deliveries (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  challenge_id uuid,
  channel text NOT NULL CHECK (channel IN ('email', 'sms')),
  template text NOT NULL,
  locale text,
  status text NOT NULL CHECK (status IN ('scheduled', 'pending', 'queued', 'sending', 'accepted', 'delivered',
    'failed', 'expired', 'cancelled', 'suppressed', 'dead_letter', 'unknown')),
  decoy boolean NOT NULL,
  -- Sealed: recipient, and link or code. Wiped at a terminal state; of a dead letter, which may be driven again, at its expiry.
  payload bytea,
  payload_version smallint,
  -- Keyed digests of the recipient, 32 bytes each, one after the other: the first under the key that writes, then one for
  -- each other live key, so that who is suppressed is found after a rotation. NULL: the recipient is never looked for.
  recipient_digest bytea CHECK (length(recipient_digest) > 0 AND length(recipient_digest) % 32 = 0),
  send_at timestamptz NOT NULL,
  -- Since when another vendor is wanted for what one took and did not bring, or a dead letter is driven again; NULL: neither.
  again_since timestamptz,
  expires_at timestamptz NOT NULL,
  -- When the relay has to look at this row again, at its expiry at the latest; NULL: never.
  due_at timestamptz,
  -- How often it was handed to the queue; part of the job's id.
  drive integer NOT NULL DEFAULT 0,
  -- Who holds it: a worker writes only while its fence is the row's.
  fence bigint NOT NULL DEFAULT 0,
  lease_until timestamptz,
  worker text,
  poisoned integer NOT NULL DEFAULT 0,
  traceparent text DEFAULT NULLIF(current_setting('app.traceparent', true), ''),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE status IN ('scheduled', 'pending', 'sending');
CREATE INDEX deliveries_overdue ON deliveries (channel, due_at) WHERE status = 'queued';
-- Of what a vendor took: only those whose payload is still held.
CREATE INDEX deliveries_held ON deliveries (due_at) WHERE status = 'accepted' AND due_at IS NOT NULL;
CREATE INDEX deliveries_dead ON deliveries (due_at) WHERE status = 'dead_letter';

CREATE TABLE attempts (
  tenant_id uuid NOT NULL,
  delivery_id uuid NOT NULL,
  number integer NOT NULL CHECK (number > 0),
  provider text NOT NULL,
  fence bigint NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('started', 'accepted', 'permanent', 'retryable', 'unknown')),
  error_code text,
  provider_message_id text,
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  -- The best that receipts have said of it; it only rises, in the order of the list. NULL: nothing that counts.
  receipt text CHECK (receipt IN ('undelivered', 'rejected', 'delivered')),
  PRIMARY KEY (tenant_id, delivery_id, number)
);

-- What a delivery is that goes to no vendor any more: what one took stays accepted, unless its receipts say that it did not
-- arrive; what one may have taken is unknown. `unsent`: what it is where none did.
CREATE FUNCTION resting_status(tenant uuid, delivery uuid, unsent text) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN bool_or(a.outcome = 'accepted' AND coalesce(a.receipt, 'delivered') = 'delivered') THEN 'accepted'
              WHEN bool_or(a.outcome IN ('started', 'unknown')) THEN 'unknown'
              WHEN bool_or(a.outcome = 'accepted') THEN 'failed' ELSE unsent END
    FROM attempts a WHERE a.tenant_id = tenant AND a.delivery_id = delivery
$$;
REVOKE ALL ON FUNCTION resting_status(uuid, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION resting_status(uuid, uuid, text) TO postern_gateway, postern_notifier, postern_relay;

-- Sends per identifier, counted whether or not an account exists.
CREATE TABLE identifier_guards (
  tenant_id uuid NOT NULL,
  limit_key text NOT NULL,
  window_started_at timestamptz NOT NULL,
  sends integer NOT NULL,
  PRIMARY KEY (tenant_id, limit_key)
);

CREATE TABLE idempotency_keys (
  tenant_id uuid NOT NULL,
  key_digest bytea NOT NULL CHECK (length(key_digest) = 32),
  request_digest bytea NOT NULL CHECK (length(request_digest) = 32),
  status integer NOT NULL,
  answer jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, key_digest)
);
CREATE INDEX idempotency_keys_running_out ON idempotency_keys (expires_at);

CALL isolate_by_tenant('challenges');
CALL isolate_by_tenant('deliveries');
CALL isolate_by_tenant('attempts');
CALL isolate_by_tenant('identifier_guards');
CALL isolate_by_tenant('idempotency_keys');
CALL open_to_relay('deliveries');
CALL open_to_relay('attempts');

GRANT SELECT, INSERT, UPDATE ON challenges, deliveries, identifier_guards TO postern_gateway;
GRANT SELECT ON attempts TO postern_gateway;
GRANT SELECT, INSERT, UPDATE ON idempotency_keys TO postern_gateway;
GRANT SELECT ON challenges TO postern_notifier;
GRANT SELECT, UPDATE ON deliveries TO postern_notifier;
GRANT SELECT, INSERT, UPDATE ON attempts TO postern_notifier;
GRANT SELECT, UPDATE ON deliveries, attempts TO postern_relay;
