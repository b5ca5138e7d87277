// Whom a message is for: waits for it, and proves its secret, twice at once. Somebody else may try it first.

import type { Mail } from '@postern/e2e/postern.client'
import { until } from '@postern/testkit/poll'
import { type ChaosHouse, clientAt } from '../house/chaos-house.ts'
import type { Intent } from '../oracle/evidence.ts'
import { untilAnswered } from './back-end.ts'
import { secretOf } from './secret.ts'

const PATIENCE_MS = 60_000
const WRONG = ['000000', '111111', '222222', '333333', '444444', '555555', '666666']

/** Proves the message when it comes; one that does not come is the oracle's business. */
export async function prove(house: ChaosHouse, intent: Intent): Promise<void> {
  const secret = await received(house, intent)
  if (secret === null) return
  const other = house.tenants.find(({ id }) => id !== intent.tenant)
  if (other !== undefined) {
    const answer = await verify(house, { intent, tenant: other.id, secret })
    if (answer !== null) intent.foreignProofs.push(answer.status)
  }
  const both = await Promise.all([1, 2].map(() => verify(house, { intent, tenant: intent.tenant, secret })))
  for (const answer of both) if (answer !== null) intent.proofs.push(answer.status)
}

/** Guesses a code more often than it may be guessed, then tells the right one. */
export async function guess(house: ChaosHouse, intent: Intent): Promise<void> {
  const secret = await received(house, intent)
  const wrong = WRONG.filter((code) => code !== secret)
  const answers = await Promise.all(
    wrong.map((code) => verify(house, { intent, tenant: intent.tenant, secret: code })),
  )
  intent.judgedGuesses = answers.filter((answer) => answer?.body.error?.code === 'INVALID_CODE').length
  if (secret === null) return
  const answer = await verify(house, { intent, tenant: intent.tenant, secret })
  if (answer !== null) intent.proofs.push(answer.status)
}

async function received(house: ChaosHouse, { to, kind, tenant }: Intent): Promise<string | null> {
  const owner = house.tenants.find(({ id }) => id === tenant) ?? house.tenants[0]
  const client = clientAt(house, house.gateways[0] ?? '', owner)
  const there = async () => (await client.mails(to))[0]
  const what = { deadlineMs: PATIENCE_MS, everyMs: 250, what: `a message to ${to}` }
  const mail: Mail | null = await until(there, what).catch(() => null)
  return mail === null ? null : secretOf(kind, mail.text)
}

function verify(house: ChaosHouse, how: { intent: Intent; tenant: string; secret: string }) {
  const { intent, tenant, secret } = how
  const isLink = intent.kind === 'link'
  return untilAnswered(
    house,
    { tenant },
    {
      method: 'POST',
      path: isLink ? '/v1/magic-links/verify' : '/v1/otps/verify',
      body: isLink ? { token: secret } : { id: intent.answer?.id ?? '', code: secret },
    },
  )
}
