import t from 'tap'
import { changesIn } from '../../src/single-use/sql-changes.ts'

t.test('a mark is found, guarded or not, wherever it stands in a statement', async (t) => {
  const guarded =
    'sql`WITH spent AS (UPDATE codes AS c SET seen = 1, used_at = now() WHERE c.used_at IS NULL RETURNING id) SELECT`'
  t.strictSame(changesIn(guarded), [{ column: 'codes.used_at', kind: 'mark', isGuarded: true }])
  const open =
    'sql`UPDATE codes SET used_at = now() WHERE id = $' +
    '{id} RETURNING used_at IS NULL` + `used_at IS NULL`'
  t.strictSame(changesIn(open.replace('RETURNING used_at IS NULL', 'RETURNING id')), [
    { column: 'codes.used_at', kind: 'mark', isGuarded: false },
  ])
})

t.test('a guard of another statement does not count', async (t) => {
  const text =
    'WITH a AS (UPDATE t SET used_at = now() WHERE id = 1), b AS (SELECT FROM t WHERE used_at IS NULL) SELECT 1;'
  t.match(changesIn(text), [{ isGuarded: false }])
})

t.test('counting up is found in updates and upserts, also inside CASE and function calls', async (t) => {
  const text = `INSERT INTO guards AS g (key, n) VALUES ($1, 1)
    ON CONFLICT (key) DO UPDATE SET n = CASE WHEN g.old THEN 1 ELSE g.n + 1 END, seen = now() WHERE g.n < 5;
    UPDATE deliveries d SET fence = d.fence + 1, poisoned = 0 FROM due WHERE d.id = due.id;`
  t.strictSame(
    changesIn(text).map(({ column, kind }) => `${kind} ${column}`),
    ['counter guards.n', 'counter deliveries.fence'],
  )
})

t.test('comparisons, grants, locks and taking a mark away are no changes', async (t) => {
  const text = `GRANT UPDATE (used_at) ON codes TO somebody;
    SELECT FROM codes WHERE used_at = now() FOR UPDATE OF codes;
    UPDATE codes SET used_at = NULL, note = 'n' WHERE fence = 1;`
  t.strictSame(changesIn(text), [])
})
