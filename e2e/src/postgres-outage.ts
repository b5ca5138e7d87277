// Postgres goes away under a running house and comes back: what must hold, whatever carries the queue.
import { until } from '@postern/testkit/poll'
import type { Test } from 'tap'
import { one } from './admin-database.ts'
import type { Parts } from './parts.ts'
import { type Answer, freshEmail, linkIn } from './postern.client.ts'
import { type Promised, promise } from './promised.ts'
import { untilRecorded } from './trail.ts'

const RECOVERED_MS = 90_000
const SERVICES = ['gateway', 'notifier', 'audit'] as const

/** Kills Postgres while everything runs, brings it back, and checks what must hold before, between and after. */
export async function losePostgres(t: Test, parts: Parts) {
  const { client, postgres } = parts
  await Promise.all(SERVICES.map((name) => parts.service(name).ready()))
  const token = await client.tokenFor(freshEmail())
  const waiting = await promise(parts, 5)
  await postgres.kill()

  const email = freshEmail()
  const ask = () => client.ask(email, {}, { 'idempotency-key': `outage-${email}` })
  expectAway(t, await ask())
  expectAway(t, await client.verify(token))
  for (const name of SERVICES) {
    const said = async () => (await parts.service(name).readiness()) === 503
    await until(said, { deadlineMs: 30_000, what: `${name} is not ready` })
    t.equal((await client.call('GET', `${parts.dev[name]}/livez`)).status, 200, `${name} lives`)
  }
  await postgres.start()
  const began = performance.now()
  const promised = await until(async () => (await ask()).status === 202 && ask(), {
    deadlineMs: RECOVERED_MS,
    everyMs: 100,
    what: 'a promise',
  })
  t.comment(`promised ${Math.round(performance.now() - began)} ms after Postgres was back`)
  const count = `SELECT count(*)::int AS n FROM deliveries d JOIN challenges c ON c.id = d.challenge_id WHERE c.address = $1`
  t.same(await one(parts.admin, count, [email]), { n: 1 }, 'however often it was asked for')
  t.equal((await client.verify(token)).status, 200, 'the link was not spent by the refusal')
  await expectMails(t, parts, [...waiting, { email, deliveryId: promised.body.data.delivery.id }])
  await expectRecovered(t, parts, began)
  await untilRecorded(parts.admin)
  const unmatched = `
    SELECT s.id FROM sessions s FULL JOIN (SELECT * FROM audit_events WHERE kind = 'session.opened') e
        ON e.subject = 'session:' || s.id WHERE s.id IS NULL OR e.id IS NULL`
  t.same((await parts.admin.query(unmatched)).rows, [], 'no session without its event, nor the reverse')
}

/** A clean refusal: it waits for nobody, and tells the time of a new try. */
export function expectAway(t: Test, { status, headers, body, ms }: Answer): void {
  t.equal(status, 503)
  t.equal(body.error?.code, 'SERVICE_UNAVAILABLE')
  t.match(headers.get('retry-after'), /^\d+$/)
  t.ok(ms < 15_000, `refused after ${Math.round(ms)} ms`)
}

/** One call each; two where the outcome of the first could not be recorded. Always the same link. */
async function expectMails(
  t: Test,
  { client }: Parts,
  links: readonly Pick<Promised, 'email' | 'deliveryId'>[],
): Promise<void> {
  for (const { email, deliveryId } of links) {
    await client.mail(email, RECOVERED_MS)
    const sent = new Set((await client.mails(email)).map(linkIn))
    t.equal(sent.size, 1)
    t.ok((await client.vendorCalls(deliveryId)).length <= 2)
  }
}

/** @param since when Postgres was back */
export async function expectRecovered(t: Test, parts: Parts, since: number): Promise<void> {
  const ready = SERVICES.map((name) => parts.service(name).ready(RECOVERED_MS))
  await Promise.all(ready)
  t.ok(performance.now() - since < RECOVERED_MS, `ready after ${Math.round(performance.now() - since)} ms`)
  t.ok(
    SERVICES.every((name) => parts.service(name).running()),
    'none had to be started again',
  )
}
