// What a verify reads does not grow with what its tenant has: neither on a database whose tables were never analysed, nor
// with a plan that was made when they were small.

import { randomBytes, randomUUID } from 'node:crypto'
import { otpDigests } from '@postern/token/otp-code'
import t from 'tap'
import { consumeChallenge, type Proof } from '../../src/challenge/consume-challenge.store.ts'
import { freshEmail } from '../setup.ts'
import { type PlantedCode, plantCode } from './planted-code.ts'
import { captured, isFew, openReader } from './rows-read.ts'

const SEVERAL = 8

async function openVerifier(t: Parameters<typeof openReader>[0]) {
  const { house, gateway, tenant, read, grow } = await openReader(t)
  const proofOf = ({ id, code }: PlantedCode): Proof => ({
    tenantId: tenant.id,
    challengeId: id,
    kind: 'otp',
    digests: otpDigests(gateway.context.pepper, { tenantId: tenant.id, challengeId: id }, code),
    codeChallenge: null,
    mfaId: null,
    raise: null,
    newUserId: randomUUID(),
    signIn: {
      session: {
        id: randomUUID(),
        refreshDigest: randomBytes(32),
        kind: 'api',
        userAgent: null,
        address: null,
        idleSeconds: 600,
        absoluteSeconds: 600,
      },
      pending: { id: randomUUID(), digest: randomBytes(32), keyVersion: 1 },
    },
  })
  const statement = await captured<Proof>((run) => consumeChallenge(run, { raise: null } as Proof))

  /** Verifies several codes; answers the most rows read of one table. */
  async function verify(
    guess: (code: PlantedCode) => PlantedCode,
    emails = Array.from({ length: SEVERAL }, freshEmail),
  ) {
    const proofs: Proof[] = []
    for (const to of emails) proofs.push(proofOf(guess(await plantCode(gateway, tenant, { to }))))
    const { answers, most } = await read(statement, proofs)
    return { verdicts: [...new Set(answers.map(({ verdict }) => verdict))], most, emails }
  }
  return { admin: house.admin, grow, verify }
}

const right = (code: PlantedCode) => code
const wrong = (code: PlantedCode) => ({ ...code, code: code.wrong() })

t.test('on tables that were never analysed', async (t) => {
  const { grow, verify } = await openVerifier(t)
  await grow()
  await reads(t, verify)
})

t.test('with a plan that was made when the tables were empty', async (t) => {
  const { grow, verify } = await openVerifier(t)
  // Twice: the checks of foreign keys have plans of their own, and each becomes one for good with its second use.
  for (let round = 0; round < 2; round++) await verify(right)
  await grow()
  await reads(t, verify)
})

t.test('with a plan that was made when the tables were small', async (t) => {
  const { admin, grow, verify } = await openVerifier(t)
  for (let round = 0; round < 8; round++) await verify(right)
  await admin.query('ANALYZE')
  for (let round = 0; round < 8; round++) await verify(right)
  await grow()
  await reads(t, verify)
})

async function reads(
  t: {
    equal(a: unknown, b: unknown): unknown
    ok(a: unknown, m: string): unknown
    strictSame(a: unknown, b: unknown): unknown
  },
  verify: Awaited<ReturnType<typeof openVerifier>>['verify'],
) {
  for (const guess of [right, wrong]) {
    const first = await verify(guess)
    const again = await verify(guess, first.emails)
    for (const { verdicts, most } of [first, again]) {
      t.strictSame(verdicts, [guess === right ? 'proven' : 'wrong_code'])
      t.ok(isFew(most, SEVERAL), `${most?.rows} rows of ${most?.table}`)
    }
  }
}
