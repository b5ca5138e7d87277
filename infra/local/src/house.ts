// The processes of the house: which script, which port, which settings, which secrets.
import { join } from 'node:path'
import type { ProcessSpec } from './child-process.ts'
import type { DataDir } from './data-dir.ts'
import type { Ports } from './ports.ts'
import type { ServiceName } from './service-mounts.ts'

export interface HousePlan {
  /** The checkout. */
  readonly root: string
  readonly dataDir: DataDir
  readonly ports: Ports
  /** The folder of secrets of each service. */
  readonly secrets: Record<ServiceName, string>
  /** Keeps houses apart that share a Redis. */
  readonly queuePrefix: string
}

export type Urls = Record<'gateway' | 'notifier' | 'audit' | 'sandbox', string>

const host = '127.0.0.1'

export function urlsOf(ports: Ports): Urls {
  const at = (name: keyof Urls) => `http://${host}:${ports[name]}`
  return { gateway: at('gateway'), notifier: at('notifier'), audit: at('audit'), sandbox: at('sandbox') }
}

/** Where the sandbox's demo finds its tenant's API key once there is one. */
export function demoKeyFile(dataDir: DataDir): string {
  return join(dataDir.secrets, 'dev-api-key')
}

/** The stand-in for the vendors. */
export function sandboxSpec({ root, dataDir, ports }: HousePlan, env: NodeJS.ProcessEnv): ProcessSpec {
  const urls = urlsOf(ports)
  return {
    name: 'sandbox',
    entry: join(root, 'packages/sandbox/src/main.ts'),
    health: `${urls.sandbox}/livez`,
    logFile: join(dataDir.logs, 'sandbox.log'),
    env: {
      ...settingsOf(env),
      POSTERN_SANDBOX_HOST: host,
      POSTERN_SANDBOX_PORT: String(ports.sandbox),
      POSTERN_SANDBOX_SMTP_PORT: String(ports.smtp),
      POSTERN_SANDBOX_PUBLIC_URL: urls.sandbox,
      POSTERN_SANDBOX_GATEWAY_URL: urls.gateway,
      POSTERN_SANDBOX_AUDIT_URL: urls.audit,
      POSTERN_SANDBOX_API_KEY_FILE: demoKeyFile(dataDir),
      POSTERN_SANDBOX_SENDGRID_KEY_FILE: join(dataDir.secrets, 'sendgrid-api-key'),
      POSTERN_SANDBOX_TWILIO_TOKEN_FILE: join(dataDir.secrets, 'twilio-auth-token'),
      POSTERN_SANDBOX_SES_KEY_FILE: join(dataDir.secrets, 'ses-access-key'),
      POSTERN_SANDBOX_SMTP_LOGIN_FILE: join(dataDir.secrets, 'smtp-login'),
      POSTERN_SANDBOX_GATEWAY_KEY_FILE: join(dataDir.secrets, 'message-gateway-key'),
      POSTERN_SANDBOX_SENDGRID_RECEIPT_KEY_FILE: join(dataDir.secrets, 'sendgrid-receipt-private-key'),
      POSTERN_SANDBOX_TWILIO_RECEIPT_TOKEN_FILE: join(dataDir.secrets, 'twilio-receipt-token'),
      POSTERN_SANDBOX_GATEWAY_RECEIPT_KEY_FILE: join(dataDir.secrets, 'gateway-receipt-key'),
      POSTERN_SANDBOX_SNS_KEY_FILE: join(dataDir.secrets, 'sns-private-key'),
      POSTERN_SANDBOX_SNS_CERTIFICATE_FILE: join(dataDir.secrets, 'sns-certificate'),
    },
  }
}

/** Gateway, notifier and audit, in the order in which they start. */
export function serviceSpecs(plan: HousePlan, env: NodeJS.ProcessEnv): ProcessSpec[] {
  const urls = urlsOf(plan.ports)
  const service = (name: ServiceName, own: Record<string, string>): ProcessSpec => ({
    name,
    entry: join(plan.root, 'services', name, 'src/main.ts'),
    health: `${urls[name]}/readyz`,
    logFile: join(plan.dataDir.logs, `${name}.log`),
    env: {
      POSTERN_ENV: 'development',
      ...settingsOf(env),
      POSTERN_SECRETS_DIR: plan.secrets[name],
      POSTERN_QUEUE_PREFIX: plan.queuePrefix,
      [`POSTERN_${name.toUpperCase()}_HOST`]: host,
      [`POSTERN_${name.toUpperCase()}_PORT`]: String(plan.ports[name]),
      ...own,
    },
  })
  return [
    service('gateway', {
      POSTERN_PUBLIC_URL: urls.gateway,
      POSTERN_WEBHOOK_URL: urls.gateway,
      POSTERN_SES_TOPICS: 'arn:aws:sns:eu-west-1:000000000000:postern',
      POSTERN_SNS_ORIGIN: urls.sandbox,
    }),
    service('notifier', {
      ...sandboxVendors(urls.sandbox, plan.ports.smtp),
      POSTERN_WEBHOOK_URL: urls.gateway,
    }),
    service('audit', {}),
  ]
}

/** Where the notifier sends to: whatever is set otherwise, nothing leaves this machine. */
function sandboxVendors(sandbox: string, smtpPort: number): Record<string, string> {
  return {
    POSTERN_EMAIL_SENDERS: 'sendgrid,ses,smtp,gateway',
    POSTERN_SMS_SENDERS: 'twilio,gateway',
    POSTERN_SES_REGION: 'eu-west-1',
    POSTERN_SES_URL: `${sandbox}/ses`,
    POSTERN_SES_CONFIGURATION_SET: '',
    POSTERN_SMTP_HOST: host,
    POSTERN_SMTP_PORT: String(smtpPort),
    POSTERN_SMTP_TLS: 'none',
    POSTERN_MESSAGE_GATEWAY_URL: `${sandbox}/gateway/messages`,
    POSTERN_SENDGRID_URL: `${sandbox}/sendgrid`,
    POSTERN_TWILIO_URL: `${sandbox}/twilio`,
    POSTERN_TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    POSTERN_TWILIO_MESSAGING_SERVICE_SID: '',
    POSTERN_SMS_FROM: '+15005550006',
  }
}

/** Settings of the person's own go on to the processes; those of the test runner are not theirs. */
function settingsOf(env: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith('POSTERN_') && !name.startsWith('POSTERN_TEST_') && value !== undefined
      ? [[name, value]]
      : [],
  )
  return Object.fromEntries(entries) as Record<string, string>
}
