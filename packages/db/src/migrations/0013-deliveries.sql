-- Deliveries as their tenant handles them: listed, moved, called off, and made for a message of its own.

-- Lists go by id, newest first, along the primary key. What is rare is found without reading past all the rest; a delivery
-- that goes its usual way is never in here.
CREATE INDEX deliveries_aside ON deliveries (tenant_id, status, id)
  WHERE status IN ('scheduled', 'failed', 'expired', 'cancelled', 'suppressed', 'dead_letter', 'unknown');

-- What a tenant's own messages count, beside its links and codes: neither uses up what the other may send.
ALTER TABLE identifier_guards
  ADD COLUMN message_window_started_at timestamptz,
  ADD COLUMN message_sends integer NOT NULL DEFAULT 0;

-- A user's messages are found by who they are for: under the key that wrote them, as the first of the digests says.
CREATE INDEX deliveries_for_recipient ON deliveries (substring(recipient_digest FROM 1 FOR 32), tenant_id)
  WHERE challenge_id IS NULL;
