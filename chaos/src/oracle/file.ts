// The evidence sorted by intent: what belongs to each, by the ids that its client was told.

import type {
  AttemptRow,
  ChallengeRow,
  DeliveryRow,
  Evidence,
  Intent,
  Message,
  SessionRow,
  TrailEvent,
  VendorCall,
} from './evidence.ts'

export interface File {
  readonly intent: Intent & { readonly answer: NonNullable<Intent['answer']> }
  readonly challenge: ChallengeRow | undefined
  readonly delivery: DeliveryRow | undefined
  /** Oldest first. */
  readonly attempts: readonly AttemptRow[]
  /** Oldest first. */
  readonly calls: readonly VendorCall[]
  readonly messages: readonly Message[]
  readonly sessions: readonly SessionRow[]
  /** Of challenge and delivery, oldest first. */
  readonly events: readonly TrailEvent[]
}

/** One file for each intent that was promised. */
export function filesOf(evidence: Evidence): File[] {
  const challenges = new Map(evidence.challenges.map((row) => [row.id, row]))
  const deliveries = new Map(evidence.deliveries.map((row) => [row.id, row]))
  const attempts = Map.groupBy(evidence.attempts, (row) => row.deliveryId)
  const sessions = Map.groupBy(evidence.sessions, (row) => row.challengeId)
  const events = Map.groupBy(evidence.events, (event) => event.subject)
  const promised = evidence.intents.filter((intent): intent is File['intent'] => intent.answer !== null)
  const onlyTo = onlyOneTo(promised)
  const calls = Map.groupBy(evidence.calls, (call) => ownerOf(call, onlyTo))
  const messages = Map.groupBy(evidence.messages, (message) => ownerOf(message, onlyTo))
  return promised.map((intent) => {
    const { id, deliveryId } = intent.answer
    const told = [...(events.get(`challenge:${id}`) ?? []), ...(events.get(`delivery:${deliveryId}`) ?? [])]
    return {
      intent,
      challenge: challenges.get(id),
      delivery: deliveries.get(deliveryId),
      attempts: (attempts.get(deliveryId) ?? []).toSorted((a, b) => a.number - b.number),
      calls: (calls.get(deliveryId) ?? []).toSorted((a, b) => a.at - b.at),
      messages: messages.get(deliveryId) ?? [],
      sessions: sessions.get(id) ?? [],
      events: told.toSorted((a, b) => a.at - b.at),
    }
  })
}

/** By recipient, the delivery of whom only one message was asked for. */
function onlyOneTo(promised: readonly File['intent'][]): ReadonlyMap<string, string> {
  const byRecipient = Map.groupBy(promised, ({ to }) => to)
  return new Map(
    [...byRecipient].flatMap(([to, [first, ...others]]) =>
      first === undefined || others.length > 0 ? [] : [[to, first.answer.deliveryId]],
    ),
  )
}

/** By our mark, else by the recipient: vendors that take no mark get messages to recipients of one intent only. */
const ownerOf = (
  { deliveryId, to }: Pick<VendorCall, 'deliveryId' | 'to'>,
  onlyTo: ReadonlyMap<string, string>,
): string => deliveryId ?? onlyTo.get(to ?? '') ?? ''
