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

t.test('a step that is given may only grow: the statement asks that it was less', async (t) => {
  const spend = (guard: string) =>
    changesIn(`UPDATE totp_factors f SET last_step = $1 WHERE f.id = $2 AND ${guard} RETURNING user_id`)
  const column = 'totp_factors.last_step'
  t.strictSame(spend('f.last_step < $1'), [{ column, kind: 'forward', isGuarded: true }])
  t.strictSame(spend('f.last_step <= $1'), [{ column, kind: 'forward', isGuarded: false }])
  t.strictSame(spend('true'), [{ column, kind: 'forward', isGuarded: false }])
  t.strictSame(changesIn('UPDATE totp_factors SET last_step = 0, secret = $1 WHERE id = $2'), [])
})

t.test(
  'every secret and counter of a sign-in is seen where it changes, and where it changes unguarded',
  async (t) => {
    const marks = ['challenges.consumed_at', 'pending_sign_ins.consumed_at', 'recovery_codes.used_at']
    marks.push('refresh_tokens.used_at', 'totp_factors.enabled_at', 'sessions.revoked_at')
    for (const column of marks) {
      const [table, name] = column.split('.')
      const change = (guard: string) =>
        changesIn(
          `WITH x AS (UPDATE ${table} t SET ${name} = CASE WHEN j.fits THEN now() END FROM j WHERE ${guard})`,
        )
      t.strictSame(change('t.id = j.id'), [{ column, kind: 'mark', isGuarded: false }])
      t.strictSame(change(`t.${name} IS NULL AND t.id = j.id`), [{ column, kind: 'mark', isGuarded: true }])
    }
    for (const column of ['challenges.tries', 'identifier_guards.failures', 'pending_sign_ins.failures']) {
      const [table, name] = column.split('.')
      const text = `UPDATE ${table} g SET ${name} = CASE WHEN j.fits THEN 0 ELSE g.${name} + 1 END FROM j`
      t.strictSame(changesIn(text), [{ column, kind: 'counter', isGuarded: true }])
    }
    const upsert = `INSERT INTO factor_guards AS g (failures) VALUES (1) ON CONFLICT (user_id) DO UPDATE SET failures = g.failures + 1`
    t.strictSame(changesIn(upsert), [{ column: 'factor_guards.failures', kind: 'counter', isGuarded: true }])
  },
)
