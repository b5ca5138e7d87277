// The closed list of facts the audit trail can hold, each with what it tells.
// Postgres refuses any other kind: the check of its outbox repeats this list, and a test keeps both equal.

export const EVENT_KINDS = {
  'tenant.created': 'An operator created the tenant.',
  'tenant.updated': 'An operator changed the tenant.',
  'api_key.created': 'An operator created an API key.',
  'api_key.revoked': 'An operator revoked an API key.',
  'challenge.issued': 'A link or code was issued.',
  'challenge.superseded': 'A newer challenge of the same identifier and purpose replaced this one.',
  'challenge.revoked': 'The tenant revoked the challenge.',
  'challenge.verified': 'The challenge was proven and is spent.',
  'challenge.refused': 'A genuine token or code was refused; the reason says why.',
  'delivery.queued': 'The relay handed the delivery to the queue.',
  'delivery.attempted': 'A vendor call is about to be made.',
  'delivery.accepted': 'A vendor accepted the message.',
  'delivery.deferred': 'No vendor is known to have taken the message; it is tried again.',
  'delivery.failed': 'The message was refused for good.',
  'delivery.unknown': 'Nobody can say whether the message was sent.',
  'delivery.expired': 'The delivery ran out of time before it was sent.',
  'delivery.cancelled': 'The delivery was cancelled before it was sent.',
  'delivery.suppressed': 'The delivery was withheld on purpose.',
  'delivery.dead_letter': 'The delivery could not be worked on and waits for an operator.',
  'limit.hit': 'A limit refused a request for the first time in its window.',
  'session.opened': 'A session was opened.',
  'user.created': 'A user was created.',
} as const

export type EventKind = keyof typeof EVENT_KINDS

export const EVENT_OUTCOMES = ['success', 'refused', 'failed'] as const
