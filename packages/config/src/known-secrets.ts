// The names of everything that is a secret: one file each in POSTERN_SECRETS_DIR, or one folder a key ring.
// None of them may come through the environment (environment.ts).

/** The settings' name of the folder that holds the secrets. */
export const SECRETS_DIR = 'POSTERN_SECRETS_DIR'

export type RingKind = 'symmetric' | 'ec' | 'ed25519'

export const SECRET_FILES = [
  'admin-key',
  'database-url-admin',
  'database-url-audit',
  'database-url-gateway',
  'database-url-notifier',
  'database-url-owner',
  'gateway-receipt-key',
  'message-gateway-key',
  'queue-url',
  'redis-url',
  'sendgrid-api-key',
  'sendgrid-receipt-key',
  'ses-access-key',
  'smtp-login',
  'twilio-auth-token',
  'twilio-receipt-token',
] as const

/** Each ring and the kind of its keys: 32 bytes, P-256 for ES256, or Ed25519. */
export const RINGS = {
  csrf: 'symmetric',
  jwt: 'ec',
  log: 'ed25519',
  pepper: 'symmetric',
  receipt: 'symmetric',
  refresh: 'symmetric',
  seal: 'symmetric',
} as const satisfies Record<string, RingKind>

export type RingName = keyof typeof RINGS
