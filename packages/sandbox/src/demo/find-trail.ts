// The audit trail of one sign-in: the events of its challenge, delivery, session and, when new, its user.
// What the demo does not know yet it learns from the events: ids that they name are followed.

import type { AuditEvent } from '@postern/contracts/http/audit-event'
import type { PosternClient, Problem } from './postern.client.ts'
import type { SignIn } from './sign-in.store.ts'

export interface Trail {
  /** Oldest first. */
  readonly events: readonly AuditEvent[]
  readonly problem: Problem | null
}

/** Fields of an event's data that lead to other subjects of the same sign-in. */
const LEADS = ['challenge_id', 'delivery_id', 'session_id'] as const
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export async function findTrail(client: PosternClient, signIn: SignIn): Promise<Trail> {
  const events = new Map<string, AuditEvent>()
  const asked = new Set<string>()
  let subjects = subjectsOf(signIn)
  while (subjects.length > 0) {
    const replies = await Promise.all(subjects.map((subject) => client.eventsOf(subject)))
    for (const subject of subjects) asked.add(subject)
    for (const reply of replies) {
      if (!reply.ok) return { events: inOrder(events), problem: reply.problem }
      for (const event of reply.data) events.set(event.id, event)
    }
    subjects = leadsOf([...events.values()]).filter((subject) => !asked.has(subject))
  }
  return { events: inOrder(events), problem: null }
}

function subjectsOf({ challenge_id, delivery_id, signed_in }: SignIn): string[] {
  return [
    ...(challenge_id === null ? [] : [`challenge:${challenge_id}`]),
    ...(delivery_id === null ? [] : [`delivery:${delivery_id}`]),
    ...(signed_in?.session ? [`session:${signed_in.session.id}`] : []),
    ...(signed_in?.created ? [`user:${signed_in.user_id}`] : []),
  ]
}

function leadsOf(events: readonly AuditEvent[]): string[] {
  const found = events.flatMap(({ data }) =>
    LEADS.flatMap((lead) => {
      const id = data[lead]
      return typeof id === 'string' && UUID.test(id) ? [`${lead.slice(0, -'_id'.length)}:${id}`] : []
    }),
  )
  return [...new Set(found)]
}

function inOrder(events: ReadonlyMap<string, AuditEvent>): AuditEvent[] {
  const key = (event: AuditEvent) => `${event.occurred_at} ${event.id}`
  return [...events.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
