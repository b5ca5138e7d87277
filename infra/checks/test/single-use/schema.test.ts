import t from 'tap'
import { columnsOf, isSecret, isSingleUse } from '../../src/single-use/schema.ts'

const found = (sql: string) => {
  const columns = columnsOf(sql)
  const names = (test: typeof isSecret) => columns.filter(test).map(({ column }) => column)
  return { once: names(isSingleUse), secret: names(isSecret) }
}

t.test('what may happen once, what counts and what is secret is found in new tables', async (t) => {
  const sql = `CREATE TABLE codes (
    tenant_id uuid NOT NULL, -- used_at timestamptz
    digest bytea NOT NULL CHECK (length(digest) = 32),
    tries smallint NOT NULL DEFAULT 0,
    last_step bigint NOT NULL,
    used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    note text CHECK (note IN ('used_at', 'failures')),
    PRIMARY KEY (tenant_id, digest)
  );
  CREATE INDEX codes_live ON codes (tenant_id) WHERE used_at IS NULL;`
  t.strictSame(found(sql), { once: ['codes.tries', 'codes.last_step', 'codes.used_at'], secret: [] })
})

t.test('a column that a later migration adds is found too', async (t) => {
  const sql = `ALTER TABLE guards
      ADD COLUMN failures integer NOT NULL DEFAULT 0, -- in a row
      ADD COLUMN wait_until timestamptz;
    ALTER TABLE codes ADD COLUMN revoked_at timestamptz;
    ALTER TABLE boxes ADD COLUMN secret bytea NOT NULL;`
  t.strictSame(found(sql), { once: ['guards.failures', 'codes.revoked_at'], secret: ['boxes.secret'] })
})

t.test('parts of a key, sizes and plain times are neither', async (t) => {
  const sql = `CREATE TABLE parts (
    id uuid, number integer, attempts integer, ttl_seconds integer CHECK (ttl_seconds > 0), ended text,
    expires_at timestamptz, payload bytea, PRIMARY KEY (id, attempts));`
  t.strictSame(found(sql), { once: [], secret: [] })
})
