// The only reader of the sandbox's settings. Every fault is listed at once, and no value is repeated.

export interface Settings {
  readonly host: string
  readonly port: number
  readonly publicUrl: string | undefined
  readonly gatewayUrl: string
  readonly auditUrl: string
  readonly apiKeyFile: string | undefined
  readonly sendgridKeyFile: string | undefined
  readonly sesKeyFile: string | undefined
  readonly gatewayKeyFile: string | undefined
  readonly smtpLoginFile: string | undefined
  readonly smtpPort: number
  readonly twilioTokenFile: string | undefined
  readonly webhookUrl: string | undefined
  readonly sendgridReceiptKeyFile: string | undefined
  readonly gatewayReceiptKeyFile: string | undefined
  readonly twilioReceiptTokenFile: string | undefined
  readonly snsKeyFile: string | undefined
  readonly snsCertificateFile: string | undefined
  readonly sesTopic: string | undefined
  readonly deliveredAfterMs: number | undefined
  readonly keep: number
  readonly seed: string | undefined
  readonly supervised: boolean
}

export class SettingsError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(`The sandbox cannot start: ${faults.join('; ')}`)
    this.name = 'SettingsError'
    this.faults = faults
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** Reads `POSTERN_SANDBOX_…` and `POSTERN_SUPERVISED`; throws one SettingsError with every fault. */
export function readSettings(env: Environment): Settings {
  const faults: string[] = []
  const settings: Settings = {
    host: text(env, 'POSTERN_SANDBOX_HOST') ?? '127.0.0.1',
    port: integer(env, 'POSTERN_SANDBOX_PORT', { fallback: 4003, min: 0, max: 65_535 }, faults),
    publicUrl: url(env, 'POSTERN_SANDBOX_PUBLIC_URL', faults),
    gatewayUrl: url(env, 'POSTERN_SANDBOX_GATEWAY_URL', faults) ?? 'http://127.0.0.1:4000',
    auditUrl: url(env, 'POSTERN_SANDBOX_AUDIT_URL', faults) ?? 'http://127.0.0.1:4002',
    apiKeyFile: text(env, 'POSTERN_SANDBOX_API_KEY_FILE'),
    sendgridKeyFile: text(env, 'POSTERN_SANDBOX_SENDGRID_KEY_FILE'),
    sesKeyFile: text(env, 'POSTERN_SANDBOX_SES_KEY_FILE'),
    gatewayKeyFile: text(env, 'POSTERN_SANDBOX_GATEWAY_KEY_FILE'),
    smtpLoginFile: text(env, 'POSTERN_SANDBOX_SMTP_LOGIN_FILE'),
    smtpPort: integer(env, 'POSTERN_SANDBOX_SMTP_PORT', { fallback: 4005, min: 0, max: 65_535 }, faults),
    twilioTokenFile: text(env, 'POSTERN_SANDBOX_TWILIO_TOKEN_FILE'),
    webhookUrl: url(env, 'POSTERN_SANDBOX_WEBHOOK_URL', faults),
    sendgridReceiptKeyFile: text(env, 'POSTERN_SANDBOX_SENDGRID_RECEIPT_KEY_FILE'),
    gatewayReceiptKeyFile: text(env, 'POSTERN_SANDBOX_GATEWAY_RECEIPT_KEY_FILE'),
    twilioReceiptTokenFile: text(env, 'POSTERN_SANDBOX_TWILIO_RECEIPT_TOKEN_FILE'),
    snsKeyFile: text(env, 'POSTERN_SANDBOX_SNS_KEY_FILE'),
    snsCertificateFile: text(env, 'POSTERN_SANDBOX_SNS_CERTIFICATE_FILE'),
    sesTopic: text(env, 'POSTERN_SANDBOX_SES_TOPIC'),
    deliveredAfterMs: optionalInteger(
      env,
      'POSTERN_SANDBOX_DELIVERED_AFTER_MS',
      { min: 0, max: 60_000 },
      faults,
    ),
    keep: integer(env, 'POSTERN_SANDBOX_KEEP', { fallback: 10_000, min: 1, max: 1_000_000 }, faults),
    seed: text(env, 'POSTERN_SANDBOX_SEED'),
    supervised: env.POSTERN_SUPERVISED === '1',
  }
  if (faults.length > 0) throw new SettingsError(faults)
  return settings
}

function text(env: Environment, name: string): string | undefined {
  const value = env[name]
  return value === undefined || value === '' ? undefined : value
}

interface Range {
  readonly min: number
  readonly max: number
}

function integer(
  env: Environment,
  name: string,
  { fallback, ...range }: Range & { readonly fallback: number },
  faults: string[],
): number {
  return optionalInteger(env, name, range, faults) ?? fallback
}

function optionalInteger(
  env: Environment,
  name: string,
  { min, max }: Range,
  faults: string[],
): number | undefined {
  const value = text(env, name)
  if (value === undefined) return undefined
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
  if (number >= min && number <= max) return number
  faults.push(`${name} must be a whole number from ${min} to ${max}`)
  return undefined
}

function url(env: Environment, name: string, faults: string[]): string | undefined {
  const value = text(env, name)
  if (value === undefined) return undefined
  const parsed = URL.canParse(value) ? new URL(value) : null
  if (parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.password === '') return value
  faults.push(`${name} must be an http or https address without a password`)
  return undefined
}
