// How one event is shown.

import fc from 'fast-check'
import t from 'tap'
import { partyOf, toAuditEvent } from '../../src/event/event.ts'

t.test('a party is split at its first colon and nothing of it is lost', (t) => {
  t.same(partyOf('api_key:0198a000-0000-7000-8000-00000000000a'), {
    type: 'api_key',
    id: '0198a000-0000-7000-8000-00000000000a',
  })
  t.same(partyOf('operator:admin'), { type: 'operator', id: 'admin' })
  t.same(partyOf('odd'), { type: 'odd', id: '' })
  const holds = fc.property(fc.stringMatching(/^[a-z_]+$/), fc.string(), (type, id) => {
    const party = partyOf(`${type}:${id}`)
    return party.type === type && party.id === id
  })
  t.doesNotThrow(() => fc.assert(holds, { numRuns: 500 }))
  t.end()
})

t.test('an event shows every fact under its public name', (t) => {
  const event = {
    tenantId: 'T',
    id: 'I',
    kind: 'challenge.refused',
    occurredAt: new Date('2026-11-20T12:00:00.001Z'),
    recordedAt: new Date('2026-11-20T12:00:01Z'),
    actor: 'api_key:K',
    subject: 'challenge:C',
    requestId: 'R',
    outcome: 'refused',
    reason: 'expired',
    traceId: 'F',
    data: { a: 1 },
  } as const
  const shown = {
    id: 'I',
    kind: 'challenge.refused',
    tenant_id: 'T',
    occurred_at: '2026-11-20T12:00:00.001Z',
    recorded_at: '2026-11-20T12:00:01.000Z',
    actor: { type: 'api_key', id: 'K' },
    subject: { type: 'challenge', id: 'C' },
    request: { id: 'R' },
    outcome: 'refused',
    reason: 'expired',
    trace_id: 'F',
    data: { a: 1 },
  }
  t.strictSame(toAuditEvent(event), shown)
  t.strictSame(toAuditEvent({ ...event, requestId: null }), { ...shown, request: null })
  t.end()
})
