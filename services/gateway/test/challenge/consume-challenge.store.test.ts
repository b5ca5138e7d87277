// A proof that shares its guard with others of its group comes again, and not for ever.

import type { TenantRun } from '@postern/db/with-tenant'
import t from 'tap'
import { consumeChallenge, type Proof } from '../../src/challenge/consume-challenge.store.ts'

const proof: Proof = {
  tenantId: '01a1fcb0-c760-7727-9ad4-25cd87933ee3',
  challengeId: '01a1fcb0-c760-7727-9ad4-25cd87933ee4',
  kind: 'otp',
  digests: [],
  codeChallenge: null,
  mfaId: null,
  raise: null,
  newUserId: '01a1fcb0-c760-7727-9ad4-25cd87933ee5',
  signIn: {
    session: {
      id: '01a1fcb0-c760-7727-9ad4-25cd87933ee6',
      refreshDigest: Buffer.alloc(32),
      kind: 'api',
      userAgent: null,
      address: null,
      idleSeconds: 600,
      absoluteSeconds: 600,
    },
    pending: { id: '01a1fcb0-c760-7727-9ad4-25cd87933ee7', digest: Buffer.alloc(32), keyVersion: 1 },
  },
}

/** A run whose statement tells `verdict`, and `again` before it so many times. */
function telling(verdict: string, agains: number) {
  const asked: unknown[] = []
  const each = async (statement: unknown) => {
    asked.push(statement)
    return { verdict: asked.length > agains ? verdict : 'again' }
  }
  return { asked, run: { each } as unknown as TenantRun }
}

t.test('who had to let a hundred others go first is answered like the first', async (t) => {
  const { asked, run } = telling('unknown', 100)
  t.match(await consumeChallenge(run, proof), { kind: 'refused', reason: 'unknown' })
  t.equal(asked.length, 101)
})

t.test('who would never get a turn is turned away, to come again later', async (t) => {
  const { asked, run } = telling('unknown', Number.POSITIVE_INFINITY)
  await t.rejects(consumeChallenge(run, proof), {
    code: 'SERVICE_UNAVAILABLE',
    reason: 'too many prove one identifier at once',
  })
  t.equal(asked.length, 250)
})
