// GET /demo/sign-ins/{id}: everything the page shows of one sign-in: its message, its state and its trail.

import { EVENT_KINDS } from '@postern/contracts/event-kinds'
import type { AuditEvent } from '@postern/contracts/http/audit-event'
import { Type } from 'typebox'
import type { TypedApp } from '../http/typed-app.ts'
import type { Inbox, InboxMessage } from '../inbox/inbox.ts'
import type { DemoDeps } from './demo.ts'
import { findTrail } from './find-trail.ts'
import { channelOf, type SignIn } from './sign-in.store.ts'

const IdParams = Type.Object({ id: Type.String({ format: 'uuid' }) }, { additionalProperties: false })

export async function showSignInRoute(app: TypedApp, deps: DemoDeps): Promise<void> {
  app.get('/demo/sign-ins/:id', { schema: { params: IdParams } }, async (request, reply) => {
    const signIn = deps.signIns.find(request.params.id)
    if (signIn === undefined) return reply.callNotFound()
    const { id, method, to, expires_at, signed_in } = signIn
    const trail = await findTrail(deps.client, signIn)
    return {
      id,
      method,
      to,
      expires_at,
      signed_in,
      message: messageOf(deps.inbox, signIn),
      trail: { events: trail.events.map(told), problem: trail.problem },
    }
  })
}

/** The message of this sign-in's own delivery; an unmarked one counts when it is for the address and not older. */
function messageOf(inbox: Inbox, signIn: SignIn): InboxMessage | null {
  if (signIn.to === null) return null
  const messages = inbox.list({ to: signIn.to, channel: channelOf(signIn.to) })
  const own = messages.find(({ marker }) => marker !== null && marker.delivery_id === signIn.delivery_id)
  const unmarked = messages.find(
    ({ marker, received_at }) => marker === null && received_at >= signIn.started_at,
  )
  return own ?? unmarked ?? null
}

function told({ id, kind, subject, outcome, reason, occurred_at }: AuditEvent) {
  return { id, kind, tells: EVENT_KINDS[kind], about: subject.type, outcome, reason, occurred_at }
}
