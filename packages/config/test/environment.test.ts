import t from 'tap'
import { refuseSecretsInEnvironment } from '../src/environment.ts'
import { RINGS, SECRET_FILES } from '../src/known-secrets.ts'
import { faultsOf } from './secrets-folder.ts'

const CANARY = 'canary-7f3a9c'

t.test('each known secret is refused, and the message names its file and not its value', async (t) => {
  for (const name of [...SECRET_FILES, ...Object.keys(RINGS)]) {
    const variable = `POSTERN_${name.toUpperCase().replaceAll('-', '_')}`
    const value = name.includes('url') ? `redis://u:${CANARY}@cache` : CANARY
    const faults = faultsOf(() => refuseSecretsInEnvironment({ [variable]: value }))
    t.equal(faults.length, 1, variable)
    t.ok(faults[0]?.startsWith(`${variable}: `))
    t.notMatch(faults[0], CANARY)
    if (!variable.endsWith('_URL')) t.ok(faults[0]?.includes(` ${name} `), variable)
  }
})

t.test('what is named like a secret is refused, also one nobody knows yet', async (t) => {
  const names = [
    'TWILIO_AUTH_TOKEN',
    'SMTP_PASSWORD',
    'WEBHOOK_SECRET',
    'SOME_API_KEY',
    'SIGNING_KEYS',
    'TLS_PEM',
  ]
  const env = Object.fromEntries(names.map((name) => [`POSTERN_${name}`, CANARY]))
  t.equal(faultsOf(() => refuseSecretsInEnvironment(env)).length, names.length)
  t.equal(faultsOf(() => refuseSecretsInEnvironment({ postern_smtp_password: CANARY })).length, 1)
})

t.test('a URL with a password is refused under any name, however it is spelled', async (t) => {
  const values = [
    `postgres://postern:${CANARY}@db/postern`,
    `postgres://postern:${CANARY}@/postern?host=/run/postgresql`,
    `postgres://postern@db/postern?password=${CANARY}`,
    `postgres://postern@db/postern?sslmode=require&sslpassword=${CANARY}`,
    `redis://:${CANARY}@cache:6379/0`,
    `redis://a:6379,redis://:${CANARY}@b:6379`,
    `redis://a,redis://:${CANARY}@b`,
    `redis://a:6379 redis://:${CANARY}@b:6379`,
    `https://user:${CANARY}@vendor.example/send`,
    `https://vendor.example/send?api_key=${CANARY}`,
    `postgres://postern:with/slash-${CANARY}@db/postern`,
    `postgres://postern:with,comma-${CANARY}@db/postern`,
    `amqp+ssl://u:${CANARY}@h`,
  ]
  for (const value of values) {
    const faults = faultsOf(() => refuseSecretsInEnvironment({ POSTERN_SENDGRID_URL: value }))
    t.equal(faults.length, 1, value)
    t.notMatch(faults[0], CANARY)
  }
})

t.test('a private key is refused under any name', async (t) => {
  const pem = `-----BEGIN EC PRIVATE KEY-----\n${CANARY}\n-----END EC PRIVATE KEY-----`
  t.equal(faultsOf(() => refuseSecretsInEnvironment({ POSTERN_EXTRA: pem })).length, 1)
})

t.test('settings, empty variables and variables that are not ours are let through', async (t) => {
  const env = {
    POSTERN_SECRETS_DIR: '/run/secrets/postern',
    POSTERN_GATEWAY_PORT: '4000',
    POSTERN_PUBLIC_URL: 'https://sign-in.example.org:8443/a@b',
    POSTERN_QUEUE_URL: 'redis://127.0.0.1:6379',
    POSTERN_REDIS_URL: 'redis://cache@redis:6379/0',
    POSTERN_EMAIL_FROM: 'Postern: sign-in <no-reply@example.org>',
    POSTERN_TRUSTED_PROXIES: '10.0.0.0/8,fd00::/8',
    POSTERN_LOG_LEVEL: 'info',
    POSTERN_FAILPOINT: 'K7:kill',
    POSTERN_ADMIN_KEY: '',
    POSTERN_UNSET: undefined,
    SENDGRID_API_KEY: CANARY,
    DATABASE_URL: `postgres://u:${CANARY}@db/x`,
  }
  t.same(
    faultsOf(() => refuseSecretsInEnvironment(env)),
    [],
  )
})
