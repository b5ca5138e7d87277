// The oracle is believed because it sees what is planted: each of these houses is sound but for one thing, and the verdict
// names the guarantee that it breaks.

import t from 'tap'
import type { Rule, Violation } from '../../src/oracle/evidence.ts'
import { judge } from '../../src/oracle/judge.ts'
import { at, event, OTHER, soundEvidence, TOKEN } from './planted.ts'

type House = ReturnType<typeof soundEvidence>
interface Planted {
  readonly what: string
  readonly rule: Rule
  readonly says: RegExp
  readonly plant: (house: House) => void
}

/** The first of a list that is known to have one. */
function sole<T>(list: readonly T[]): T {
  const [first] = list
  if (first === undefined) throw new Error('nothing is there')
  return first
}

const again = { provider: 'gateway', deliveryId: 'd1', to: null, accepted: true, fault: null }
const attempt = { deliveryId: 'd1', outcome: 'accepted', errorCode: null }

/** A second message of the first intent, as a worker sends it that found the first one's attempt unfinished. */
function sentTwice(house: House, text = `Acme https://a.example/l#${TOKEN}`): void {
  sole(house.attempts).outcome = 'unknown'
  sole(house.attempts).errorCode = 'lease_ended'
  house.calls.push({ ...again, at: at(11.5) })
  house.attempts.push({ ...attempt, number: 2, startedAt: at(11.4) })
  house.events.push(event('delivery:d1', 'delivery.attempted', { seconds: 11.4, n: 100 }))
  house.messages.push({ deliveryId: 'd1', to: 'ada@example.com', text })
  sole(house.challenges).consumedAt = at(20)
}

const PLANTED: readonly Planted[] = [
  {
    what: 'a promised link that is not in the database',
    rule: 'I1',
    says: /link c1 is not there/,
    plant: (house) => house.challenges.shift(),
  },
  {
    what: 'a delivery that is not in the database',
    rule: 'I1',
    says: /delivery d1 is not there/,
    plant: (house) => house.deliveries.shift(),
  },
  {
    what: 'a delivery that never ended',
    rule: 'I1',
    says: /still queued/,
    plant: (house) => Object.assign(sole(house.deliveries), { status: 'queued' }),
  },
  {
    what: 'a delivery that ended long after its expiry',
    rule: 'I1',
    says: /too late/,
    plant: (house) => Object.assign(sole(house.deliveries), { updatedAt: at(961) }),
  },
  {
    what: 'a message called accepted that no vendor accepted',
    rule: 'I1',
    says: /no vendor accepted it/,
    plant: (house) => Object.assign(sole(house.calls), { accepted: false }),
  },
  {
    what: 'a delivery called cancelled that was sent',
    rule: 'I1',
    says: /cancelled: 1 calls accepted/,
    plant: (house) => house.calls.push({ ...again, deliveryId: 'd2', at: at(1.5) }),
  },
  {
    what: 'a message that was called off and went out',
    rule: 'I1',
    says: /called off, and is accepted/,
    plant: (house) => Object.assign(sole(house.intents), { cancelled: true }),
  },
  {
    what: 'two intents of one request',
    rule: 'I1',
    says: /2 intents were made of 1/,
    plant: (house) => house.challenges.push({ ...sole(house.challenges), id: 'c3', consumedAt: null }),
  },
  {
    what: 'a third send',
    rule: 'I2',
    says: /accepted it 3 times/,
    plant: (house) => {
      sentTwice(house)
      house.calls.push({ ...again, at: at(14) })
    },
  },
  {
    what: 'a second send without any cause',
    rule: 'I2',
    says: /twice, 10300 ms apart/,
    plant: (house) => sentTwice(house),
  },
  {
    what: 'a second send by a gateway’s death',
    rule: 'I2',
    says: /nothing gave cause/,
    plant: (house) => {
      sentTwice(house)
      house.disturbances.push({ kind: 'kill', service: 'gateway', point: 'K2', at: at(1.3) })
    },
  },
  {
    what: 'a second send long after a worker’s death',
    rule: 'I2',
    says: /nothing gave cause/,
    plant: (house) => {
      sentTwice(house)
      house.disturbances.push({ kind: 'kill', service: 'notifier', point: 'K7', at: at(-30) })
    },
  },
  {
    what: 'a second message with another link',
    rule: 'I2',
    says: /2 different secrets/,
    plant: (house) => {
      sentTwice(house, `Acme https://a.example/l#${'B'.repeat(110)}`)
      house.disturbances.push({ kind: 'kill', service: 'notifier', point: 'K7', at: at(1.3) })
    },
  },
  {
    what: 'a link that was taken twice',
    rule: 'I3',
    says: /taken 2 times/,
    plant: (house) => sole(house.intents).proofs.push(200),
  },
  {
    what: 'two sessions of one link',
    rule: 'I3',
    says: /opened 2 sessions/,
    plant: (house) => {
      house.sessions.push({ ...sole(house.sessions), id: 's2' })
      house.events.push(event('session:s2', 'session.opened', { seconds: 5, n: 101 }))
    },
  },
  {
    what: 'a session of a link that is not spent',
    rule: 'I3',
    says: /is not spent/,
    plant: (house) => Object.assign(sole(house.challenges), { consumedAt: null }),
  },
  {
    what: 'a call long after the link was used',
    rule: 'I4',
    says: /called 15000 ms after it was over/,
    plant: (house) => Object.assign(sole(house.calls), { at: at(20) }),
  },
  {
    what: 'an attempt that began after the link was used',
    rule: 'I4',
    says: /attempt 1 began 6000 ms after/,
    plant: (house) => Object.assign(sole(house.attempts), { startedAt: at(11) }),
  },
  {
    what: 'a call after the expiry',
    rule: 'I4',
    says: /after it was over/,
    plant: (house) => Object.assign(sole(house.calls), { at: at(911) }),
  },
  {
    what: 'a call before it was due',
    rule: 'I4',
    says: /called 1800 ms too early/,
    plant: (house) => Object.assign(sole(house.intents), { notBefore: at(3) }),
  },
  {
    what: 'a call that no attempt tells of',
    rule: 'I4',
    says: /1 calls of 0 attempts/,
    plant: (house) => house.attempts.shift(),
  },
  ...[
    'challenge.issued',
    'delivery.queued',
    'delivery.attempted',
    'challenge.verified',
    'delivery.accepted',
  ].map((kind) => ({
    what: `a missing ${kind}`,
    rule: 'I5' as const,
    says: new RegExp(
      kind === 'delivery.accepted' ? 'its end as accepted was not told' : `${kind} was told 0 times`,
    ),
    plant: (house: House) => {
      house.events.splice(
        house.events.findIndex((event) => event.kind === kind),
        1,
      )
    },
  })),
  {
    what: 'a receipt that was applied twice',
    rule: 'I5',
    says: /delivery.delivered was told 2 times/,
    plant: (house) => {
      Object.assign(sole(house.deliveries), { status: 'delivered' })
      for (const n of [110, 111])
        house.events.push(event('delivery:d1', 'delivery.delivered', { seconds: 4, n }))
    },
  },
  {
    what: 'an event told twice',
    rule: 'I5',
    says: /challenge.verified was told 2 times/,
    plant: (house) => house.events.push(event('challenge:c1', 'challenge.verified', { seconds: 5, n: 102 })),
  },
  {
    what: 'an end told twice',
    rule: 'I5',
    says: /ended 2 times: delivery.accepted, delivery.unknown/,
    plant: (house) => house.events.push(event('delivery:d1', 'delivery.unknown', { seconds: 9, n: 103 })),
  },
  {
    what: 'a session without its event',
    rule: 'I5',
    says: /session s1 was told 0 times/,
    plant: (house) => {
      house.events = house.events.filter(({ kind }) => kind !== 'session.opened')
    },
  },
  {
    what: 'an event that was never recorded',
    rule: 'I5',
    says: /1 events were never recorded/,
    plant: (house) => Object.assign(house, { unrecorded: 1 }),
  },
  {
    what: 'a sixth send to one identifier',
    rule: 'I6',
    says: /6 sends to one identifier/,
    plant: (house) => {
      const more = Array.from({ length: 5 }, (_, n) => ({ ...sole(house.challenges), id: `more${n}` }))
      house.challenges.push(...more)
    },
  },
  {
    what: 'a sixth guess',
    rule: 'I6',
    says: /6 guesses of one code/,
    plant: (house) => Object.assign(sole(house.intents), { judgedGuesses: 6 }),
  },
  {
    what: 'a code that is taken after its last guess',
    rule: 'I6',
    says: /after its last guess/,
    plant: (house) => Object.assign(sole(house.intents), { judgedGuesses: 5 }),
  },
  {
    what: 'an answer of 500',
    rule: 'I6',
    says: /answered 500/,
    plant: (house) => Object.assign(house, { internalErrors: 1 }),
  },
  {
    what: 'an event in another tenant’s trail',
    rule: 'I7',
    says: /1 of its rows are another tenant's/,
    plant: (house) => Object.assign(sole(house.events), { tenant: OTHER }),
  },
  {
    what: 'a message in another tenant’s name',
    rule: 'I7',
    says: /do not name its tenant/,
    plant: (house) => Object.assign(sole(house.messages), { text: `Other https://a.example/l#${TOKEN}` }),
  },
  {
    what: 'another tenant that proves a link',
    rule: 'I7',
    says: /another tenant proved/,
    plant: (house) => Object.assign(sole(house.intents), { foreignProofs: [200] }),
  },
  {
    what: 'rows that are seen without a tenant',
    rule: 'I7',
    says: /3 rows are seen/,
    plant: (house) => Object.assign(house, { rowsWithoutTenant: 3 }),
  },
  {
    what: 'a token in a table',
    rule: 'I8',
    says: /token 1 in table deliveries/,
    plant: (house) => Object.assign(house, { leaks: ['token 1 in table deliveries'] }),
  },
]

t.test('in a sound house there is nothing to tell', async (t) => t.same(judge(soundEvidence()), []))

for (const { what, rule, says, plant } of PLANTED) {
  t.test(`${rule}: ${what} is told`, async (t) => {
    const house = soundEvidence()
    plant(house)
    const found = judge(house)
    const isIt = (violation: Violation) => violation.rule === rule && says.test(violation.what)
    t.ok(found.some(isIt), JSON.stringify(found))
  })
}

t.test(
  'a second send is excused by what fell between the request and its outcome, and by nothing else',
  async (t) => {
    const causes = [
      { kind: 'kill', service: 'notifier', point: 'K7', at: at(1.3) },
      { kind: 'kill', service: 'notifier', point: 'K8', at: at(2) },
      { kind: 'frozen', from: at(1.3), to: at(14) },
      { kind: 'postgres', from: at(0), to: at(4) },
    ] as const
    for (const cause of causes) {
      const house = soundEvidence()
      sentTwice(house)
      house.disturbances.push(cause)
      t.same(judge(house), [], JSON.stringify(cause))
    }
    const house = soundEvidence()
    sentTwice(house)
    sole(house.calls).fault = 'accept_then_reset'
    t.same(judge(house), [], 'a vendor that accepted and hung up')
  },
)

t.test('one death excuses no more than the doomed worker held', async (t) => {
  const house = soundEvidence()
  sentTwice(house)
  for (const n of [3, 4]) {
    const one = { ...sole(house.intents), key: `mail${n}`, to: `ada${n}@example.com`, proofs: [] }
    house.intents.push({ ...one, answer: { id: `c${n}`, deliveryId: `d${n}` } })
    house.challenges.push({ ...sole(house.challenges), id: `c${n}`, identityKey: one.to, consumedAt: null })
    house.deliveries.push({ ...sole(house.deliveries), id: `d${n}`, challengeId: `c${n}` })
    house.calls.push(
      { ...again, deliveryId: `d${n}`, at: at(1.2) },
      { ...again, deliveryId: `d${n}`, at: at(12) },
    )
  }
  house.disturbances.push({ kind: 'kill', service: 'notifier', point: 'K7', at: at(1.3) })
  const doubled = () => judge(house).filter(({ rule }) => rule === 'I2').length
  t.equal(doubled(), 1, 'a mail and an SMS, and not a third')
  Object.assign(sole(house.disturbances), { point: 'K6' })
  t.equal(doubled(), 2, 'before the request is written only its neighbour')
})
