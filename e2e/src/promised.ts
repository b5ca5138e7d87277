// Mails that were promised by a 202, and whether the promise was kept: each arrives, by as few vendor calls as may be.
import { until } from '@postern/testkit/poll'
import type { Test } from 'tap'
import { one } from './admin-database.ts'
import type { Parts } from './parts.ts'
import { freshEmail, linkIn } from './postern.client.ts'
import { untilRecorded } from './trail.ts'

export interface Promised {
  readonly email: string
  readonly id: string
  readonly deliveryId: string
  /** How long the promise took, in milliseconds. */
  readonly ms: number
}

/** Asks for `count` links at once. @throws when one is not promised */
export async function promise({ client }: Parts, count: number): Promise<Promised[]> {
  const emails = Array.from({ length: count }, freshEmail)
  return Promise.all(
    emails.map(async (email) => {
      const began = performance.now()
      return { email, ...(await client.issue(email)), ms: performance.now() - began }
    }),
  )
}

/** Answers when all of them have reached this status. */
export async function untilAll(
  { admin }: Parts,
  links: readonly Promised[],
  status: 'queued' | 'sending' | 'accepted',
): Promise<void> {
  const text = 'SELECT count(*)::int AS n FROM deliveries WHERE id = ANY ($1) AND status = $2'
  const ids = links.map(({ deliveryId }) => deliveryId)
  const reached = async () => (await one<{ n: number }>(admin, text, [ids, status]))?.n === links.length
  await until(reached, { deadlineMs: 60_000, what: `${links.length} deliveries ${status}` })
}

/** Fails unless each mail arrives in time, and by one vendor call. */
export async function expectOnce(
  t: Test,
  parts: Parts,
  { links, deadlineMs }: { links: readonly Promised[]; deadlineMs: number },
): Promise<void> {
  const { client, admin } = parts
  const began = performance.now()
  await Promise.all(links.map(({ email }) => client.mail(email, deadlineMs)))
  t.comment(`${links.length} mails after ${Math.round(performance.now() - began)} ms`)
  await untilAll(parts, links, 'accepted')
  await untilRecorded(admin)
  for (const { email, deliveryId } of links) {
    t.equal((await client.vendorCalls(deliveryId)).length, 1, 'one vendor call')
    const links = (await client.mails(email)).map(linkIn)
    t.equal(links.length, 1)
    const accepted = (await client.events(`delivery:${deliveryId}`)).filter(
      ({ kind }) => kind === 'delivery.accepted',
    )
    t.equal(accepted.length, 1, 'told once')
  }
}
