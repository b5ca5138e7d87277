// How many messages one identifier may be sent, and when another one makes sense.

/** Of any kind and purpose. */
export const SENDS = { policy: 'identifier', quota: 5, windowSeconds: 900 } as const
/** On top of it: how often the proof of one address is asked for, which everybody with an account can have asked. */
export const VERIFY_SENDS = { policy: 'verify_email', quota: 5, windowSeconds: 3_600 } as const
export type SendLimit = typeof SENDS | typeof VERIFY_SENDS

/** Sooner, the first message is most likely still on its way. Told to clients, not enforced. */
export const RESEND_SECONDS = 30
