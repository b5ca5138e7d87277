// A template that fails in the real process, through queue and relay: its messages end as dead letters, all others arrive.

import { randomUUID } from 'node:crypto'
import t from 'tap'
import { EMAIL } from '../channel-fixture.ts'
import { attemptsOf, eventsOf, givenDelivery } from '../delivery-fixture.ts'
import { givenTemplate, givenTenant } from '../template-fixture.ts'
import { endOf, site } from './kill-points.ts'

t.test('three tries of a template that fails are the last, and nobody waits for them', async (t) => {
  const here = await site(t, async () => undefined, EMAIL)
  const { h, vendor } = here
  const tenantId = randomUUID()
  await givenTenant(h, tenantId)
  const endless = '{% for i in (1..999999) %}canary-template{% endfor %}'
  const email = { subject: 'S {{ tenant_name }}', html: endless, text: '{{ link }}' }
  await givenTemplate(h, tenantId, { name: 'magic_link', email })
  const now = { status: 'pending', dueIn: 0 } as const
  const failing = await Promise.all([1, 2, 3].map(() => givenDelivery(h, { ...now, tenantId })))
  const fine = await Promise.all([
    ...[1, 2, 3].map(() => givenDelivery(h, { ...now, tenantId, template: 'otp' })),
    ...[1, 2, 3].map(() => givenDelivery(h, now)),
  ])
  const notifier = here.start()
  for (const ids of fine) t.equal(await endOf(here, ids), 'accepted')
  for (const ids of failing) {
    t.equal(await endOf(here, ids), 'dead_letter')
    t.same([await attemptsOf(h, ids), await vendor.calls(ids)], [[], []])
    const last = (await eventsOf(h, ids)).at(-1)
    t.match(last, { kind: 'delivery.dead_letter', reason: 'template_failed', data: { tries: 3 } })
  }
  t.match(notifier.output(), /delivery is a dead letter/)
  t.notMatch(notifier.output(), 'canary-template')
})
