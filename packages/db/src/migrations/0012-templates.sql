-- Templates that tenants write. A version never changes: who sends by one says which, and the newest is what holds.

CREATE TABLE templates (
  tenant_id uuid NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  -- In lower case: language tags are the same in any.
  locale text NOT NULL CHECK (locale = lower(locale) AND length(locale) BETWEEN 1 AND 64),
  version integer NOT NULL CHECK (version > 0),
  -- Liquid. A channel that a version does not serve has none; one that serves none withdraws the ones before.
  email_subject text CHECK (length(email_subject) <= 500),
  email_html text CHECK (length(email_html) <= 100000),
  email_text text CHECK (length(email_text) <= 20000),
  sms_text text CHECK (length(sms_text) <= 2000),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, name, locale, version),
  CONSTRAINT templates_whole_email CHECK ((email_subject IS NULL) = (email_text IS NULL)
    AND (email_html IS NULL OR email_text IS NOT NULL))
);
CALL isolate_by_tenant('templates');
GRANT SELECT, INSERT ON templates TO postern_gateway;
GRANT SELECT ON templates TO postern_notifier;

-- The language of those who were asked for none, or for one that nothing is written in.
ALTER TABLE tenants ADD COLUMN default_locale text NOT NULL DEFAULT 'en' CHECK (length(default_locale) <= 35);
GRANT UPDATE (default_locale) ON tenants TO postern_gateway;

-- By which version a delivery is written, decided when it is made or first claimed: every attempt says the same words.
-- Version 0 is built in. NULL: not decided yet.
ALTER TABLE deliveries ADD COLUMN template_locale text, ADD COLUMN template_version integer CHECK (template_version >= 0);

-- The locales to look for, best first: what is wanted, what to fall back to, and English, each also without its last
-- parts (RFC 4647, section 3.4). A single letter only begins an extension, so it goes with what followed it.
CREATE FUNCTION template_locales(wanted text, fallback text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  locales text[] := '{}';
  tag text;
BEGIN
  FOREACH tag IN ARRAY ARRAY[wanted, fallback, 'en'] LOOP
    tag := lower(coalesce(tag, ''));
    WHILE tag <> '' LOOP
      IF tag <> ALL (locales) THEN
        locales := locales || tag;
      END IF;
      tag := regexp_replace(regexp_replace(tag, '(^|-)[^-]*$', ''), '-.$', '');
    END LOOP;
  END LOOP;
  RETURN locales;
END $$;

-- The tenant's template of this name for the channel, in the nearest locale there is; none: what is built in holds.
-- Runs as whoever asks, so it shows that tenant's alone.
CREATE FUNCTION find_template(tenant uuid, wanted_name text, channel text, wanted_locale text) RETURNS SETOF templates
LANGUAGE sql STABLE ROWS 1 SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT t.* FROM tenants o
   CROSS JOIN LATERAL unnest(template_locales(wanted_locale, o.default_locale)) WITH ORDINALITY AS l (locale, place)
   CROSS JOIN LATERAL (SELECT v.* FROM templates v
                        WHERE v.tenant_id = tenant AND v.name = wanted_name AND v.locale = l.locale
                        ORDER BY v.version DESC LIMIT 1) t
   WHERE o.id = tenant AND CASE channel WHEN 'email' THEN t.email_text ELSE t.sms_text END IS NOT NULL
   ORDER BY l.place LIMIT 1
$$;
REVOKE ALL ON FUNCTION template_locales(text, text), find_template(uuid, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION template_locales(text, text), find_template(uuid, text, text, text)
  TO postern_gateway, postern_notifier;
