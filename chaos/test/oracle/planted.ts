// A house in which everything held, as evidence, for tests that plant one thing that did not.

import type { Evidence } from '../../src/oracle/evidence.ts'

const AT = Date.parse('2026-11-21T08:00:00Z')

export const at = (seconds: number): number => AT + seconds * 1_000

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? Writable<U>[] : T[K] }

export const TENANT = '0190a000-0000-7000-8000-00000000000a'
export const OTHER = '0190a000-0000-7000-8000-00000000000b'
export const TOKEN = 'A'.repeat(110)

/** One link, mailed and proven; one code by SMS, which its tenant revoked before it was due. */
export function soundEvidence(): Writable<Evidence> {
  const base = {
    scenario: 0,
    tenant: TENANT,
    tenantName: 'Acme',
    refusal: null,
    foreignProofs: [404],
    cancelled: false,
  }
  return {
    intents: [
      {
        ...base,
        key: 'mail',
        kind: 'link',
        channel: 'email',
        to: 'ada@example.com',
        answer: { id: 'c1', deliveryId: 'd1' },
        revoked: false,
        notBefore: null,
        proofs: [200, 409],
        judgedGuesses: 0,
      },
      {
        ...base,
        key: 'sms',
        kind: 'code',
        channel: 'sms',
        to: '+4915120000001',
        answer: { id: 'c2', deliveryId: 'd2' },
        revoked: true,
        notBefore: at(1),
        proofs: [],
        judgedGuesses: 0,
      },
    ],
    calls: [{ provider: 'sendgrid', at: at(1.2), deliveryId: 'd1', to: null, accepted: true, fault: null }],
    messages: [{ deliveryId: 'd1', to: 'ada@example.com', text: `Acme https://a.example/l#${TOKEN}` }],
    challenges: [
      { ...challenge('c1', 'ada@example.com'), consumedAt: at(5) },
      { ...challenge('c2', '+4915120000001'), revokedAt: at(2) },
    ],
    deliveries: [
      { ...delivery('d1', 'c1'), status: 'accepted', updatedAt: at(1.3), drive: 1 },
      { ...delivery('d2', 'c2'), status: 'cancelled', updatedAt: at(2.1), drive: 1 },
    ],
    attempts: [{ deliveryId: 'd1', number: 1, outcome: 'accepted', errorCode: null, startedAt: at(1.1) }],
    sessions: [{ tenant: TENANT, id: 's1', challengeId: 'c1' }],
    events: [
      ['challenge:c1', 'challenge.issued', 0],
      ['delivery:d1', 'delivery.queued', 1],
      ['delivery:d1', 'delivery.attempted', 1.1],
      ['delivery:d1', 'delivery.accepted', 1.3],
      ['challenge:c1', 'challenge.verified', 5],
      ['session:s1', 'session.opened', 5],
      ['challenge:c2', 'challenge.issued', 0],
      ['delivery:d2', 'delivery.queued', 1],
      ['challenge:c2', 'challenge.revoked', 2],
      ['delivery:d2', 'delivery.cancelled', 2.1],
    ].map(([subject, kind, seconds], n) =>
      event(String(subject), String(kind), { seconds: Number(seconds), n }),
    ),
    disturbances: [],
    unrecorded: 0,
    leaks: [],
    rowsWithoutTenant: 0,
    internalErrors: 0,
  }
}

const challenge = (id: string, identityKey: string) => ({
  tenant: TENANT,
  id,
  identityKey,
  createdAt: at(0),
  expiresAt: at(900),
  consumedAt: null,
  supersededAt: null,
  revokedAt: null,
})

const delivery = (id: string, challengeId: string) => ({
  tenant: TENANT,
  id,
  challengeId,
  expiresAt: at(900),
})

export const event = (subject: string, kind: string, { seconds, n }: { seconds: number; n: number }) => ({
  id: `e${n}`,
  tenant: TENANT,
  kind,
  subject,
  reason: null,
  at: at(seconds),
})
