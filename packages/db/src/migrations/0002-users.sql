-- Users, what identifies them, and the sessions they hold.
-- Hot tables name their tenant without a foreign key: every insert would lock the one tenant row (docs/decisions/0006-data-rules.md).
-- Where a table has several indexes, each begins with what is rare in it and names the tenant last (the same page).

CREATE TABLE users (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  email text,
  email_verified_at timestamptz,
  phone text,
  phone_verified_at timestamptz,
  is_active boolean NOT NULL DEFAULT true,
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE identifiers (
  tenant_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('email', 'phone')),
  identity_key text NOT NULL,
  user_id uuid NOT NULL,
  verified_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (identity_key, kind, tenant_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX identifiers_of_user ON identifiers (user_id, tenant_id);

CREATE TABLE sessions (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  challenge_id uuid,
  amr text[] NOT NULL,
  acr text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  idle_expires_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  PRIMARY KEY (id, tenant_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_of_user ON sessions (user_id, tenant_id);

CREATE TABLE refresh_tokens (
  tenant_id uuid NOT NULL,
  session_id uuid NOT NULL,
  generation integer NOT NULL,
  digest bytea NOT NULL CHECK (length(digest) = 32),
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz,
  PRIMARY KEY (tenant_id, session_id, generation),
  FOREIGN KEY (tenant_id, session_id) REFERENCES sessions (tenant_id, id) ON DELETE CASCADE
);

-- What every process must learn within a second: an ended session, user, tenant or API key.
CREATE TABLE revocations (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT uuidv7(),
  kind text NOT NULL CHECK (kind IN ('session', 'user', 'tenant', 'api_key')),
  subject_id uuid NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX revocations_newest ON revocations (created_at);

CALL isolate_by_tenant('users');
CALL isolate_by_tenant('identifiers');
CALL isolate_by_tenant('sessions');
CALL isolate_by_tenant('refresh_tokens');
CALL isolate_by_tenant('revocations');
CALL open_to_relay('revocations');

GRANT SELECT, INSERT, UPDATE ON users, identifiers, sessions, refresh_tokens TO postern_gateway;
GRANT SELECT, INSERT ON revocations TO postern_gateway;
GRANT SELECT ON revocations TO postern_relay;
