import { inspect } from 'node:util'
import t from 'tap'
import { refuseSecretsInEnvironment } from '../src/environment.ts'
import { ConfigError, load } from '../src/faults.ts'
import { openSecrets } from '../src/secrets.ts'
import { duration, port, readSettings, text, url } from '../src/setting.ts'
import { ecKey, faultsOf, secretsFolder, symmetricKey } from './secrets-folder.ts'

const spec = {
  secretsDir: text('POSTERN_SECRETS_DIR'),
  port: port('POSTERN_GATEWAY_PORT', 4000),
  publicUrl: url('POSTERN_PUBLIC_URL', 'http://127.0.0.1:4000'),
  drain: duration('POSTERN_DRAIN', '25s', { max: 60_000 }),
}

t.test('every fault of settings, environment and secrets is told at once, and no value', async (t) => {
  const folder = secretsFolder(t)
  const canary = 'canary-7f3a9c'
  folder.write('admin-key', canary)
  folder.write('sendgrid-api-key', `changeme-${canary}-changeme`)
  folder.write('database-url-gateway', `mysql://gateway:${canary}@db/postern`)
  folder.write('pepper/v1', symmetricKey())
  folder.write('pepper/v2', canary)
  folder.write('jwt/v1', ecKey('P-384'))
  const env = {
    POSTERN_SECRETS_DIR: folder.dir,
    POSTERN_GATEWAY_PORT: canary,
    POSTERN_PUBLIC_URL: `https://user:${canary}@sign-in.example.org`,
    POSTERN_DRAIN: '90s',
    POSTERN_ADMIN_KEY: canary,
  }
  const read = () =>
    load((faults) => {
      refuseSecretsInEnvironment(env, faults)
      const settings = readSettings(spec, env, faults)
      const secrets = openSecrets(settings.secretsDir, faults)
      return {
        settings,
        admin: secrets.text('admin-key', { minLength: 32 }),
        sendgrid: secrets.text('sendgrid-api-key'),
        database: secrets.url('database-url-gateway', { schemes: ['postgres', 'postgresql'] }),
        queue: secrets.url('queue-url', { schemes: ['redis', 'postgres'] }),
        pepper: secrets.ring('pepper', 'symmetric'),
        seal: secrets.ring('seal', 'symmetric'),
        jwt: secrets.ring('jwt', 'ec'),
      }
    })
  let error: unknown
  try {
    read()
  } catch (caught) {
    error = caught
  }
  t.ok(error instanceof ConfigError)
  if (!(error instanceof ConfigError)) return
  const expected = [
    /^POSTERN_PUBLIC_URL: holds a URL with a password/,
    /^POSTERN_ADMIN_KEY: .*environment.* admin-key /,
    /^POSTERN_GATEWAY_PORT: must be a whole number from 0 to 65535$/,
    /^POSTERN_PUBLIC_URL: must not hold a password/,
    /^POSTERN_DRAIN: must be from 0 ms to 60000 ms$/,
    /admin-key: is shorter than 32 characters$/,
    /sendgrid-api-key: holds an example value$/,
    /database-url-gateway: must be a URL with the scheme postgres or postgresql$/,
    /queue-url: is missing$/,
    /pepper\/v2: must be the base64 of exactly 32 bytes$/,
    /seal: holds no key, or cannot be read$/,
    /jwt\/v1: must be a P-256 private key/,
  ]
  t.equal(error.faults.length, expected.length)
  for (const [at, pattern] of expected.entries()) t.match(error.faults[at], pattern)
  t.match(error.message, /^12 settings or secrets are wrong:\n/)
  for (const fault of error.faults) t.ok(error.message.includes(`- ${fault}`), fault)
  t.notMatch(inspect(error, { depth: 9, showHidden: true }), canary)
})

t.test('without a fault the value comes out', async (t) => {
  t.equal(
    load(() => 7),
    7,
  )
})

t.test('what fails because of a stand-in does not hide the faults', async (t) => {
  const faults = faultsOf(() =>
    load((faults) => {
      faults.add('POSTERN_A: is wrong')
      throw new TypeError('follows from it')
    }),
  )
  t.same(faults, ['POSTERN_A: is wrong'])
})

t.test('the faults of a reader that was not given the collector are told too', async (t) => {
  const faults = faultsOf(() =>
    load((faults) => {
      faults.add('POSTERN_A: is wrong')
      return readSettings({ port: port('POSTERN_B'), url: url('POSTERN_C') }, {})
    }),
  )
  t.same(
    faults.map((fault) => fault.slice(0, 9)),
    ['POSTERN_A', 'POSTERN_B', 'POSTERN_C'],
  )
})

t.test('an error of another kind is not swallowed when nothing else is wrong', async (t) => {
  t.throws(
    () =>
      load(() => {
        throw new TypeError('a bug')
      }),
    new TypeError('a bug'),
  )
})

t.test('the same fault is told once', async (t) => {
  const faults = faultsOf(() =>
    load((faults) => openSecrets(readSettings(spec, {}, faults).secretsDir, faults)),
  )
  t.same(faults, ['POSTERN_SECRETS_DIR: is not set, and has no default'])
})
