// What issuing a sign-in code reads does not grow with what its tenant has, whatever is known of the tables when its plan is made.

import { randomBytes, randomUUID } from 'node:crypto'
import t from 'tap'
import { insertChallenge } from '../../../src/challenge/issue/issue-challenge.store.ts'
import type { NewChallenge } from '../../../src/challenge/issue/new-challenge.ts'
import { SENDS } from '../../../src/challenge/issue/send-limit.ts'
import { freshEmail } from '../../setup.ts'
import { captured, isFew, openReader } from '../rows-read.ts'

const SEVERAL = 8

const challengeOf = (tenantId: string, email: string): NewChallenge => ({
  tenantId,
  id: randomUUID(),
  kind: 'otp',
  purpose: 'sign_in',
  method: 'otp_email',
  identifier: { kind: 'email', identityKey: email, limitKey: email, address: email },
  identifierDigest: 'told',
  digest: randomBytes(32),
  keyVersion: 1,
  codeChallenge: null,
  redirectUrl: null,
  sessionId: null,
  mfa: null,
  resends: null,
  metadata: {},
  createUser: false,
  sendAt: null,
  ttlSeconds: 300,
  delivery: {
    id: randomUUID(),
    channel: 'email',
    template: 'otp',
    locale: null,
    payload: randomBytes(100),
    payloadVersion: 1,
    recipientDigest: randomBytes(32),
    withheld: false,
    isHandedOver: true,
  },
})

async function openIssuer(t: Parameters<typeof openReader>[0]) {
  const { house, tenant, read, grow, growALittle } = await openReader(t)
  const statement = await captured<NewChallenge>((run) => insertChallenge(run, {} as NewChallenge))
  async function issue(emails: readonly string[] = Array.from({ length: SEVERAL }, freshEmail)) {
    const { answers, most } = await read(
      statement,
      emails.map((email) => challengeOf(tenant.id, email)),
    )
    return { hits: [...new Set(answers.map(({ hit }) => hit))], most, emails }
  }
  return { admin: house.admin, issue, grow, growALittle }
}

type Issuer = Awaited<ReturnType<typeof openIssuer>>

const plans: readonly [what: string, before: (issuer: Issuer) => Promise<void>][] = [
  ['on tables that were never analysed', async () => undefined],
  [
    'with a plan that was made when the tables were empty',
    // Twice: the checks of foreign keys have plans of their own, and each becomes one for good with its second use.
    async ({ issue }) => {
      for (let round = 0; round < 2; round++) await issue()
    },
  ],
  [
    'with a plan that was made when the tables were small',
    async ({ issue, admin, growALittle }) => {
      await growALittle()
      await admin.query('ANALYZE')
      for (let round = 0; round < 8; round++) await issue()
    },
  ],
]

for (const [what, before] of plans) {
  t.test(what, async (t) => {
    const issuer = await openIssuer(t)
    await before(issuer)
    await issuer.grow()
    const { emails } = await issuer.issue()
    for (let sends = 1; sends <= SENDS.quota + 1; sends++) {
      const { hits, most } = await issuer.issue(emails)
      t.strictSame(hits, [sends < SENDS.quota ? null : 'identifier_sends'])
      t.ok(isFew(most, SEVERAL), `${most?.rows} rows of ${most?.table}`)
    }
  })
}
