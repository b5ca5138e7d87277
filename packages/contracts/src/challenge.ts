// The words of challenges and deliveries, as rows, events and answers use them.

export const CHALLENGE_KINDS = ['magic_link', 'otp'] as const
export type ChallengeKind = (typeof CHALLENGE_KINDS)[number]

export const PURPOSES = ['sign_in', 'verify_email', 'step_up', 'onboarding'] as const
export type Purpose = (typeof PURPOSES)[number]

export const CHALLENGE_STATUSES = ['pending', 'consumed', 'expired', 'superseded', 'revoked'] as const
export type ChallengeStatus = (typeof CHALLENGE_STATUSES)[number]

export const DELIVERY_STATUSES = [
  'scheduled',
  'pending',
  'queued',
  'sending',
  'accepted',
  'delivered',
  'failed',
  'expired',
  'cancelled',
  'suppressed',
  'dead_letter',
  'unknown',
] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

/** How somebody can prove who they are. */
export const FACTOR_METHODS = ['magic_link', 'otp_email', 'otp_sms', 'totp', 'recovery_code'] as const
export type FactorMethod = (typeof FACTOR_METHODS)[number]

/** What a sign-in may begin with. */
export const FIRST_FACTORS = ['magic_link', 'otp_email', 'otp_sms'] as const
export type FirstFactor = (typeof FIRST_FACTORS)[number]

/** What a tenant may ask for after the first factor. */
export const CHAIN_METHODS = [...FIRST_FACTORS, 'totp'] as const
export type ChainMethod = (typeof CHAIN_METHODS)[number]
