import t, { type Test } from 'tap'
import {
  cidrs,
  describeSettings,
  duration,
  flag,
  integer,
  oneOf,
  optional,
  port,
  readSettings,
  type Setting,
  text,
  url,
} from '../src/setting.ts'
import { faultsOf } from './secrets-folder.ts'

function read<T>(setting: Setting<T>, given: string | undefined): T {
  return readSettings({ one: setting }, { [setting.env]: given }).one
}

/** Whether a value is refused by a fault that names the variable and does not repeat the value. */
function refuses(t: Test, setting: Setting<unknown>, values: readonly string[]): void {
  for (const value of values) {
    const [fault = '', ...more] = faultsOf(() => read(setting, value))
    t.match(fault, /^POSTERN_X: m?[a-z]/, JSON.stringify(value))
    t.same(more, [])
    if (value.trim().length > 4) t.notOk(fault.includes(value.trim()), fault)
  }
}

t.test('settings come out with the types of their builders, defaults where nothing is set', async (t) => {
  const spec = {
    host: text('POSTERN_HOST', '127.0.0.1'),
    port: port('POSTERN_PORT', 4000),
    level: oneOf('POSTERN_LEVEL', 'info', ['debug', 'info', 'error']),
    proxies: cidrs('POSTERN_PROXIES'),
    refresh: duration('POSTERN_REFRESH', '5s'),
    strict: flag('POSTERN_STRICT', true),
    otlp: optional(url('POSTERN_OTLP')),
  }
  const settings = readSettings(spec, { POSTERN_PORT: '8080', POSTERN_HOST: '' })
  const level: 'debug' | 'info' | 'error' = settings.level
  const otlp: string | undefined = settings.otlp
  t.strictSame(settings, {
    host: '127.0.0.1',
    port: 8080,
    level,
    proxies: [],
    refresh: 5000,
    strict: true,
    otlp,
  })
  t.equal(otlp, undefined)
  t.equal(Object.isFrozen(settings), true)
})

t.test('a setting without a default must be set, and an empty one is not set', async (t) => {
  for (const given of [undefined, '']) {
    t.same(
      faultsOf(() => read(text('POSTERN_X'), given)),
      ['POSTERN_X: is not set, and has no default'],
    )
  }
  t.equal(read(optional(integer('POSTERN_X')), ''), undefined)
})

t.test('an optional setting that is set must still be right', async (t) => {
  refuses(t, optional(url('POSTERN_X')), ['collector:4317'])
})

t.test('numbers are plain decimal digits in their range', async (t) => {
  const workers = integer('POSTERN_X', 4, { min: 1, max: 64 })
  t.equal(read(workers, '64'), 64)
  refuses(t, workers, [
    '0',
    '65',
    '-1',
    '4.0',
    '4.5',
    '1e1',
    '0x10',
    '07',
    '+4',
    ' 4',
    '4 ',
    '٤',
    'NaN',
    '4workers',
  ])
  t.equal(read(integer('POSTERN_X', 0, { min: -5 }), '-5'), -5)
  t.equal(read(port('POSTERN_X', 1), '65535'), 65535)
  refuses(t, port('POSTERN_X', 1), ['65536', '-1', '80443443'])
})

t.test('a flag is true or false and nothing like them', async (t) => {
  t.equal(read(flag('POSTERN_X', true), 'false'), false)
  refuses(t, flag('POSTERN_X', true), ['0', '1', 'yes', 'FALSE', 'disabled'])
})

t.test('a word must be on the list', async (t) => {
  const mode = oneOf('POSTERN_X', 'production', ['development', 'production'])
  t.equal(read(mode, 'development'), 'development')
  refuses(t, mode, ['Development', 'test', 'development,production', 'toString'])
})

t.test('text is one line without blanks around it, and may be narrowed', async (t) => {
  t.equal(read(text('POSTERN_X'), 'Ada Lovelace <ada@example.org>'), 'Ada Lovelace <ada@example.org>')
  refuses(t, text('POSTERN_X'), ['a\r\nBcc: all', ' a', 'a ', 'a\u0000b', 'a\u202eb', 'x'.repeat(1001)])
  const prefix = text('POSTERN_X', '{p}', { pattern: /^\{[a-z]+\}$/, form: 'must be a word in braces' })
  t.equal(read(prefix, '{postern}'), '{postern}')
  t.same(
    faultsOf(() => read(prefix, 'postern')),
    ['POSTERN_X: must be a word in braces'],
  )
})

t.test('a URL is absolute, has an allowed scheme, and hides no password, user or fragment', async (t) => {
  const origin = url('POSTERN_X')
  t.equal(read(origin, 'https://Sign-In.example.org/'), 'https://sign-in.example.org')
  t.equal(read(origin, 'https://example.org:8443/base'), 'https://example.org:8443/base')
  refuses(t, origin, [
    'example.org',
    '//example.org',
    '/relative',
    'ftp://example.org',
    'javascript:alert(1)',
    'https://user:hunter2@example.org',
    'https://:hunter2@example.org',
    'https://ok.com@evil.example',
    'https://example.org/?password=hunter2',
    'https://example.org/#top',
    'https://exa mple.org',
    'http://',
  ])
  const redis = url('POSTERN_X', undefined, { schemes: ['redis', 'postgres'] })
  t.equal(read(redis, 'redis://127.0.0.1:6379'), 'redis://127.0.0.1:6379')
  t.equal(read(redis, 'postgres://postern@db/postern'), 'postgres://postern@db/postern')
  refuses(t, redis, ['redis://:hunter2@cache', 'postgres://u:p@/db?host=/run', 'https://example.org'])
})

t.test('only CIDR networks are trusted, never everyone', async (t) => {
  const proxies = cidrs('POSTERN_X')
  t.same(read(proxies, '10.0.0.0/8, fd00::/8'), ['10.0.0.0/8', 'fd00::/8'])
  t.same(read(proxies, '127.0.0.1/32'), ['127.0.0.1/32'])
  refuses(t, proxies, [
    '10.0.0.1',
    'true',
    '1',
    'loopback',
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0.0/08',
    '10.0.0/8',
    '999.0.0.0/8',
    '10.0.0.0/8,',
    ',',
    '10.0.0.0/8;fd00::/8',
    'fe80::1%eth0/64',
    '10.0.0.0/255.0.0.0',
  ])
})

t.test('a duration has a unit and is in its range', async (t) => {
  const life = duration('POSTERN_X', '10m', { min: 1000, max: 900_000 })
  t.same(
    ['1s', '900s', '15m', '1000ms'].map((given) => read(life, given)),
    [1000, 900_000, 900_000, 1000],
  )
  t.equal(read(duration('POSTERN_X'), '30d'), 2_592_000_000)
  t.equal(read(duration('POSTERN_X'), '24h'), 86_400_000)
  refuses(t, life, [
    '10',
    '16m',
    '999ms',
    '-1s',
    '1.5m',
    '1 m',
    '10M',
    '010s',
    '1m30s',
    'forever',
    '9999999999s',
  ])
})

t.test('a wrong default is found like a wrong value', async (t) => {
  t.equal(faultsOf(() => read(duration('POSTERN_X', 'soon'), undefined)).length, 1)
  t.equal(faultsOf(() => read(integer('POSTERN_X', 0, { min: 1 }), undefined)).length, 1)
})

t.test('a page about the settings can be checked against them', async (t) => {
  const described = describeSettings({
    port: port('POSTERN_PORT', 4000, { describe: 'Where the gateway listens.' }),
    refresh: duration('POSTERN_REFRESH', '5s'),
    dir: text('POSTERN_SECRETS_DIR'),
    otlp: optional(url('POSTERN_OTLP')),
  })
  t.strictSame(described, [
    { env: 'POSTERN_PORT', default: '4000', required: false, describe: 'Where the gateway listens.' },
    { env: 'POSTERN_REFRESH', default: '5s', required: false, describe: '' },
    { env: 'POSTERN_SECRETS_DIR', default: null, required: true, describe: '' },
    { env: 'POSTERN_OTLP', default: null, required: false, describe: '' },
  ])
})
