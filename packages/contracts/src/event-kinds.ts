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
  'session.refreshed': 'The session got new tokens.',
  'session.refresh_reused': 'A refresh token was used again after its grace; its session ended.',
  'session.raised': 'A further factor was proven in the session.',
  'session.revoked': 'The session was ended.',
  'user.updated': 'The tenant changed the user.',
  'user.disabled': 'The user may not sign in any more; every session ended.',
  'user.enabled': 'The user may sign in again.',
  'identifier.claimed': 'The owner of an address proved it; what others had set up on it before is gone.',
  'identifier.locked': 'Wrong codes made the identifier wait, or turned codes off for it.',
  'identifier.unlocked': 'Codes work again for the identifier.',
  'factor.enrolled': 'A second factor was set up and waits for its first code.',
  'factor.enabled': 'A second factor was proven and is demanded from now on.',
  'factor.disabled': 'A second factor was removed.',
  'factor.locked': 'Wrong second factors made the user wait, or turned them off.',
  'recovery_codes.created': 'A new set of recovery codes replaced the old one.',
  'mfa.required': 'A sign-in waits for its next factor.',
  'mfa.verified': 'The next factor of a sign-in was proven.',
  'mfa.refused': 'A second factor was refused; the reason says why.',
} as const

export type EventKind = keyof typeof EVENT_KINDS

export const EVENT_OUTCOMES = ['success', 'refused', 'failed'] as const
