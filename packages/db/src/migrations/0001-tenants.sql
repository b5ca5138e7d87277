-- Tenants, their API keys and the shared tools of every later table.
-- `tenants` and `api_keys` are read before a tenant is known: they have no row-level security.

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO postern_gateway, postern_notifier, postern_audit, postern_relay;
GRANT CREATE ON SCHEMA public TO postern_relay;

CREATE TABLE tenants (
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  slug text NOT NULL UNIQUE,
  allowed_redirects text[] NOT NULL CHECK (cardinality(allowed_redirects) > 0),
  browser_hosts text[] NOT NULL,
  audience text NOT NULL,
  link_ttl_seconds integer NOT NULL CHECK (link_ttl_seconds BETWEEN 60 AND 900),
  is_active boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
  tenant_id uuid NOT NULL REFERENCES tenants (id),
  id uuid NOT NULL,
  prefix text NOT NULL UNIQUE,
  digest bytea NOT NULL CHECK (length(digest) = 32),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
  expires_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, id)
);

GRANT SELECT, INSERT ON tenants, api_keys TO postern_gateway;
GRANT UPDATE (name, allowed_redirects, browser_hosts, audience, link_ttl_seconds, is_active, updated_at)
  ON tenants TO postern_gateway;
GRANT UPDATE (revoked_at) ON api_keys TO postern_gateway;
GRANT SELECT ON tenants, api_keys TO postern_audit;
GRANT SELECT ON tenants TO postern_notifier;


-- Puts a table behind forced row-level security.
CREATE PROCEDURE isolate_by_tenant(target regclass)
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format(
    'CREATE POLICY tenant_isolation ON %s'
    ' USING (tenant_id = NULLIF(current_setting(''app.tenant_id'', true), '''')::uuid)'
    ' WITH CHECK (tenant_id = NULLIF(current_setting(''app.tenant_id'', true), '''')::uuid)', target);
END $$;

-- Lets the cross-tenant functions, which run as postern_relay, see every tenant's rows of a table.
CREATE PROCEDURE open_to_relay(target regclass)
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE POLICY relay ON %s TO postern_relay USING (true) WITH CHECK (true)', target);
END $$;

REVOKE ALL ON PROCEDURE isolate_by_tenant(regclass), open_to_relay(regclass) FROM PUBLIC;
