import { createSecretKey, randomBytes } from 'node:crypto'
import { digestsOfAll } from '@postern/token/digest'
import { createKeyRing } from '@postern/token/key-ring'
import t from 'tap'
import { identifierDigest } from '../../src/challenge/identifier.ts'
import { recipientDigest, toldDigest } from '../../src/challenge/recipient-digest.ts'

const TENANT = '0190a000-0000-7000-8000-000000000001'
const keys = [1, 2, 3].map((version) => ({ version, key: createSecretKey(randomBytes(32)) }))

t.test('the writing key’s digest comes first, then one for each other live key', async (t) => {
  // The third is read and does not write yet.
  const ring = createKeyRing('pepper', keys, 2)
  const of = new Map(
    digestsOfAll(ring, 'identifier', TENANT, '', Buffer.from('ada@example.com')).map(
      ({ version, digest }) => [version, digest],
    ),
  )
  const all = recipientDigest(ring, TENANT, { identityKey: 'ada@example.com' })
  t.same(
    [0, 32, 64].map((at) => all.subarray(at, at + 32)),
    [of.get(2), of.get(3), of.get(1)],
  )
  t.equal(all.length, 96)
  t.equal(
    toldDigest(all),
    identifierDigest(ring, TENANT, { identityKey: 'ada@example.com' }),
    'what the trail shows',
  )
})
