// The whole trail of one sign-in, once everything that was told has been recorded.
import type { AuditEvent } from '@postern/contracts/http/audit-event'
import { until } from '@postern/testkit/poll'
import type pg from 'pg'
import { one } from './admin-database.ts'
import type { Client } from './postern.client.ts'

/** Answers when no event waits any more. */
export async function untilRecorded(admin: pg.Pool, deadlineMs = 60_000): Promise<void> {
  const none = async () => (await one<{ n: string }>(admin, 'SELECT count(*) AS n FROM outbox'))?.n === '0'
  await until(none, { deadlineMs, everyMs: 50, what: 'an empty outbox' })
}

/** A mail may be read before the notifier has written down that it was accepted. */
async function untilSent(admin: pg.Pool, deliveryId: string): Promise<void> {
  const query = `SELECT id FROM deliveries WHERE id = $1 AND status NOT IN ('pending', 'queued', 'sending')`
  const settled = async () => (await one(admin, query, [deliveryId])) !== undefined
  await until(settled, { deadlineMs: 60_000, everyMs: 20, what: 'an answer of the vendor' })
}

/** The events of a challenge, its delivery, and what came of it, oldest first. */
export async function trailOf(
  { client, admin }: { client: Client; admin: pg.Pool },
  link: { id: string; deliveryId: string },
): Promise<AuditEvent[]> {
  await untilSent(admin, link.deliveryId)
  await untilRecorded(admin)
  const { user_id: user, id: session } =
    (await one<{ user_id: string; id: string }>(
      admin,
      'SELECT user_id, id FROM sessions WHERE challenge_id = $1',
      [link.id],
    )) ?? {}
  const more = session === undefined ? [] : [`session:${session}`, `user:${user}`]
  return client.events(`challenge:${link.id}`, `delivery:${link.deliveryId}`, ...more)
}

export const kindsOf = (events: readonly AuditEvent[]): string[] => events.map(({ kind }) => kind)
