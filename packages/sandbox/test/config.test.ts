import { readSettings, SettingsError } from '@postern/sandbox/config'
import t from 'tap'

t.test('without settings the ports are those of `npm start`', async (t) => {
  t.same(readSettings({}), {
    host: '127.0.0.1',
    port: 4003,
    publicUrl: undefined,
    gatewayUrl: 'http://127.0.0.1:4000',
    auditUrl: 'http://127.0.0.1:4002',
    apiKeyFile: undefined,
    sendgridKeyFile: undefined,
    sesKeyFile: undefined,
    gatewayKeyFile: undefined,
    smtpLoginFile: undefined,
    smtpPort: 4005,
    twilioTokenFile: undefined,
    webhookUrl: undefined,
    sendgridReceiptKeyFile: undefined,
    gatewayReceiptKeyFile: undefined,
    twilioReceiptTokenFile: undefined,
    snsKeyFile: undefined,
    snsCertificateFile: undefined,
    sesTopic: undefined,
    deliveredAfterMs: undefined,
    keep: 10_000,
    seed: undefined,
    supervised: false,
  })
})

t.test('every bad setting is named at once, and no value is repeated', async (t) => {
  const env = {
    POSTERN_SANDBOX_PORT: '70000',
    POSTERN_SANDBOX_KEEP: 'canary',
    POSTERN_SANDBOX_DELIVERED_AFTER_MS: '60001',
    POSTERN_SANDBOX_WEBHOOK_URL: 'canary:1',
    POSTERN_SANDBOX_GATEWAY_URL: 'http://user:canary@127.0.0.1',
    POSTERN_SANDBOX_AUDIT_URL: 'file:///canary',
    POSTERN_SANDBOX_PUBLIC_URL: 'canary',
  }
  try {
    readSettings(env)
    t.fail('it must not start')
  } catch (cause) {
    t.type(cause, SettingsError)
    const { faults } = cause as SettingsError
    for (const name of Object.keys(env))
      t.ok(
        faults.some((fault) => fault.startsWith(`${name} `)),
        name,
      )
    t.equal(faults.length, 7)
    t.notMatch(String(cause), /canary|70000/)
  }
})
