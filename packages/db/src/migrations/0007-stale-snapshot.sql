-- A statement that waited for another transaction cannot see what that one inserted. Where it needs to, it says so
-- with this function; the caller tries again with a new snapshot.

CREATE FUNCTION stale_snapshot() RETURNS uuid
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the snapshot is too old' USING ERRCODE = 'serialization_failure';
END $$;
REVOKE ALL ON FUNCTION stale_snapshot() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION stale_snapshot() TO postern_gateway;
