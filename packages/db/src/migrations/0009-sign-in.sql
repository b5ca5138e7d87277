-- One-time codes beside links, what limits guessing them, second factors, and what a session tells of itself.

ALTER TABLE tenants
  ADD COLUMN first_factors text[] NOT NULL DEFAULT '{magic_link,otp_email,otp_sms}'
    CHECK (cardinality(first_factors) > 0 AND first_factors <@ '{magic_link,otp_email,otp_sms}'::text[]),
  -- What a sign-in needs after its first factor, in this order.
  ADD COLUMN factor_chain text[] NOT NULL DEFAULT '{}'
    CHECK (cardinality(factor_chain) <= 4 AND factor_chain <@ '{magic_link,otp_email,otp_sms,totp}'::text[]),
  -- [{"to": address, "code": six digits}]: nothing is sent to them, and this code proves them.
  ADD COLUMN test_destinations jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN session_idle_seconds integer NOT NULL DEFAULT 2592000 CHECK (session_idle_seconds BETWEEN 300 AND 7776000),
  ADD COLUMN session_absolute_seconds integer NOT NULL DEFAULT 7776000
    CHECK (session_absolute_seconds BETWEEN 300 AND 31536000),
  ADD CONSTRAINT tenants_idle_within_absolute CHECK (session_idle_seconds <= session_absolute_seconds);
GRANT UPDATE (first_factors, factor_chain, test_destinations, session_idle_seconds, session_absolute_seconds)
  ON tenants TO postern_gateway;

-- Whose a browser's host is: no two tenants have the same. Read before a tenant is known, as tenants are.
CREATE TABLE browser_hosts (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  host text PRIMARY KEY
);
CREATE INDEX browser_hosts_of_tenant ON browser_hosts (tenant_id);
GRANT SELECT, INSERT, DELETE ON browser_hosts TO postern_gateway;

CREATE FUNCTION keep_browser_hosts() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  -- Two tenants that swap a host would wait for each other for ever.
  PERFORM pg_advisory_xact_lock(hashtextextended('browser_hosts', 0));
  DELETE FROM browser_hosts WHERE tenant_id = NEW.id AND host <> ALL (NEW.browser_hosts);
  INSERT INTO browser_hosts (tenant_id, host)
    SELECT NEW.id, h FROM unnest(NEW.browser_hosts) AS h
     WHERE NOT EXISTS (SELECT FROM browser_hosts b WHERE b.tenant_id = NEW.id AND b.host = h);
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION keep_browser_hosts() FROM PUBLIC;
CREATE TRIGGER tenants_browser_hosts AFTER INSERT OR UPDATE OF browser_hosts ON tenants
  FOR EACH ROW EXECUTE FUNCTION keep_browser_hosts();

ALTER TABLE challenges
  ALTER COLUMN redirect_url DROP NOT NULL,
  ADD CONSTRAINT challenges_redirect_of_links CHECK ((kind = 'magic_link') = (redirect_url IS NOT NULL)),
  -- Whose sends and failures count: see identifier_guards.
  ADD COLUMN limit_key text NOT NULL,
  -- Keyed: what events about this identifier show instead of it.
  ADD COLUMN identifier_digest text NOT NULL,
  -- Codes only: how often one was tried, counted before it is compared.
  ADD COLUMN tries smallint NOT NULL DEFAULT 0,
  -- The pending sign-in that this challenge is the next factor of.
  ADD COLUMN mfa_id uuid;

-- Failures are consecutive: a proof by code ends the row of them, a proof by link too.
-- The proof of an address is sent less often than the rest, and counted beside it.
ALTER TABLE identifier_guards
  ADD COLUMN verify_window_started_at timestamptz,
  ADD COLUMN verify_sends integer NOT NULL DEFAULT 0,
  ADD COLUMN failures integer NOT NULL DEFAULT 0,
  ADD COLUMN wait_until timestamptz,
  ADD COLUMN disabled_at timestamptz;

ALTER TABLE sessions
  ADD COLUMN kind text NOT NULL DEFAULT 'api' CHECK (kind IN ('api', 'browser')),
  ADD COLUMN user_agent text CHECK (length(user_agent) <= 512),
  ADD COLUMN address text CHECK (length(address) <= 64);
-- With which key of the `refresh` ring this token's successor was derived; null: it has none yet, or one that was drawn.
ALTER TABLE refresh_tokens ADD COLUMN key_version smallint;

-- A disabled user gets no session on any path. Who disables locks the user's row; a session that was being opened
-- meanwhile waited for it (its foreign key asks for the row), and its statement is tried again with a new snapshot.
CREATE FUNCTION refuse_disabled_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM public.users WHERE tenant_id = NEW.tenant_id AND id = NEW.user_id AND is_active) THEN
    RAISE EXCEPTION 'the user is disabled' USING ERRCODE = 'serialization_failure';
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION refuse_disabled_user() FROM PUBLIC;
-- After the foreign key's own trigger: triggers fire in the order of their names.
CREATE TRIGGER sessions_of_enabled_users AFTER INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION refuse_disabled_user();

-- A sign-in whose first factors are proven and whose next is not.
CREATE TABLE pending_sign_ins (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  purpose text NOT NULL CHECK (purpose IN ('sign_in', 'onboarding')),
  digest bytea NOT NULL CHECK (length(digest) = 32),
  key_version smallint NOT NULL,
  -- The methods proven so far, in order.
  amr text[] NOT NULL,
  challenge_id uuid,
  user_created boolean NOT NULL,
  failures smallint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  consumed_at timestamptz,
  PRIMARY KEY (tenant_id, id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX pending_sign_ins_running_out ON pending_sign_ins (expires_at);
-- Nor does one begin or go on for a disabled user: it would be there again once the user is enabled.
CREATE TRIGGER sign_ins_of_enabled_users AFTER INSERT ON pending_sign_ins FOR EACH ROW EXECUTE FUNCTION refuse_disabled_user();

-- What a claim takes away: see docs/decisions/0013-first-proof.md.
GRANT DELETE ON identifiers TO postern_gateway;

CREATE TABLE totp_factors (
  tenant_id uuid NOT NULL,
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  -- Sealed: the shared secret.
  secret bytea NOT NULL,
  secret_version smallint NOT NULL,
  -- The last time step that was accepted (RFC 6238); it only grows.
  last_step bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  enabled_at timestamptz,
  PRIMARY KEY (id, tenant_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX totp_factors_enabled ON totp_factors (user_id, tenant_id) WHERE enabled_at IS NOT NULL;
CREATE UNIQUE INDEX totp_factors_waiting ON totp_factors (user_id, tenant_id) WHERE enabled_at IS NULL;

CREATE TABLE recovery_codes (
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  digest bytea NOT NULL CHECK (length(digest) = 32),
  key_version smallint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz,
  PRIMARY KEY (tenant_id, user_id, digest),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

-- Wrong second factors of a user, whichever method: one count for all.
CREATE TABLE factor_guards (
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  failures integer NOT NULL,
  wait_until timestamptz,
  disabled_at timestamptz,
  PRIMARY KEY (tenant_id, user_id),
  FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

CALL isolate_by_tenant('pending_sign_ins');
CALL isolate_by_tenant('totp_factors');
CALL isolate_by_tenant('recovery_codes');
CALL isolate_by_tenant('factor_guards');

-- What goes when a user is erased: the user with all that hangs on it, and what was issued to their addresses.
GRANT DELETE ON users, challenges TO postern_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON pending_sign_ins, totp_factors, recovery_codes, factor_guards TO postern_gateway;

-- What a sign-in still needs, in order, after the methods it has proven: what the tenant's policy names, and TOTP where
-- the user has it. A recovery code stands for the TOTP that it replaces.
CREATE FUNCTION remaining_factors(tenant uuid, account uuid, proven text[]) RETURNS text[]
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(array_agg(n.method ORDER BY n.place), '{}')
    FROM (SELECT d.method, min(d.place) AS place
            FROM (SELECT c.method, c.place FROM tenants t, unnest(t.factor_chain) WITH ORDINALITY AS c (method, place)
                   WHERE t.id = tenant
                  UNION ALL
                  SELECT 'totp', 100 FROM totp_factors f
                   WHERE f.tenant_id = tenant AND f.user_id = account AND f.enabled_at IS NOT NULL) d
           GROUP BY d.method) n
   WHERE n.method <> ALL (proven) AND NOT (n.method = 'totp' AND 'recovery_code' = ANY (proven))
$$;

-- Two factors count as more than one only where they are different things to hold: a link and a code to one mailbox are not.
CREATE FUNCTION acr_of(amr text[]) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT CASE WHEN count(DISTINCT CASE WHEN m IN ('magic_link', 'otp_email') THEN 'mailbox' WHEN m = 'otp_sms' THEN 'phone'
                                       ELSE 'authenticator' END) > 1
              THEN 'urn:postern:acr:multi-factor' ELSE 'urn:postern:acr:one-factor' END
    FROM unnest(amr) AS m
$$;
REVOKE ALL ON FUNCTION remaining_factors(uuid, uuid, text[]), acr_of(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION remaining_factors(uuid, uuid, text[]), acr_of(text[]) TO postern_gateway;
