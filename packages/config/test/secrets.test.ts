import { randomBytes } from 'node:crypto'
import { mkdirSync, symlinkSync } from 'node:fs'
import t, { type Test } from 'tap'
import { openSecrets } from '../src/secrets.ts'
import { faultsOf, secretsFolder } from './secrets-folder.ts'

const GOOD = randomBytes(32).toString('base64url')

/** The one fault of reading `content` as a text secret, without the path; undefined when it is taken. */
function faultOf(t: Test, content: string | Buffer, mode?: number): string | undefined {
  const folder = secretsFolder(t)
  folder.write('admin-key', content, mode)
  const [fault, ...more] = faultsOf(() => openSecrets(folder.dir).text('admin-key'))
  t.same(more, [])
  if (fault === undefined) return undefined
  t.ok(fault.startsWith(`${folder.path('admin-key')}: `), 'names the file')
  const value = content.toString().trim()
  if (value.length > 8) t.notOk(fault.includes(value), 'never the value')
  return fault.slice(folder.path('admin-key').length + 2)
}

t.test('one line end at the end is dropped, and nothing else', async (t) => {
  const folder = secretsFolder(t)
  for (const end of ['', '\n', '\r\n']) {
    folder.write('admin-key', GOOD + end)
    t.equal(openSecrets(folder.dir).text('admin-key'), GOOD)
  }
  for (const content of [
    `${GOOD}\n\n`,
    ` ${GOOD}`,
    `${GOOD} `,
    `${GOOD}\t`,
    `${GOOD}\n${GOOD}`,
    `\ufeff${GOOD}`,
  ]) {
    t.match(faultOf(t, content), /^must /)
  }
})

t.test('a missing, empty, short or unreadable secret is refused', async (t) => {
  const folder = secretsFolder(t)
  const secrets = openSecrets(folder.dir)
  t.same(
    faultsOf(() => secrets.text('admin-key')),
    [`${folder.path('admin-key')}: is missing`],
  )
  t.equal(secrets.optionalText('admin-key'), undefined)
  mkdirSync(folder.path('sendgrid-api-key'))
  t.match(faultsOf(() => secrets.optionalText('sendgrid-api-key'))[0], /is not a regular file$/)
  t.equal(faultOf(t, ''), 'is empty')
  t.equal(faultOf(t, '\n'), 'is empty')
  t.equal(faultOf(t, GOOD.slice(0, 15)), 'is shorter than 16 characters')
  t.equal(faultOf(t, GOOD.slice(0, 16)), undefined)
  t.equal(faultOf(t, Buffer.from([0xff, 0xfe, ...Buffer.from(GOOD)])), 'is not UTF-8 text')
  t.equal(faultOf(t, 'x'.repeat(65 * 1024)), 'is larger than 64 KiB')
})

t.test('example values are refused, whatever their length and spelling', async (t) => {
  const examples = [
    'changeme-changeme-changeme',
    'CHANGE_ME_CHANGE_ME',
    'this-is-an-example-key-0001',
    'SG.xxxxxxxxxxxxxxxxxxxxxx.xxxxxxxxxxxxxxx',
    '<your sendgrid api key>',
    'your-sendgrid-api-key-here-your-api',
    'replace-me-with-32-random-bytes',
    '0123456789abcdef0123456789abcdef',
    'abcdefghijklmnopqrstuvwxyz012345',
    'deadbeefdeadbeefdeadbeefdeadbeef',
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    '00000000000000000000000000000000',
    'abababababababababababababababab',
    'correct-password-horse',
  ]
  for (const example of examples) t.equal(faultOf(t, example), 'holds an example value', example)
})

t.test('ten thousand random secrets are all taken', async (t) => {
  const folder = secretsFolder(t)
  const secrets = openSecrets(folder.dir)
  let taken = 0
  for (let round = 0; round < 10_000; round += 2) {
    folder.write('admin-key', randomBytes(32).toString(round % 4 === 0 ? 'base64url' : 'hex'))
    folder.write('pepper/v1', randomBytes(32).toString('base64'))
    if (secrets.text('admin-key') && openSecrets(folder.dir).ring('pepper', 'symmetric')) taken += 2
  }
  t.equal(taken, 10_000)
})

t.test('a file that others can write is refused; that others read it is left to the mount', async (t) => {
  if (process.platform === 'win32') return t.comment('Windows has no such bits')
  for (const mode of [0o620, 0o602, 0o666, 0o664]) {
    t.match(faultOf(t, GOOD, mode), /^can be written by others/)
  }
  for (const mode of [0o600, 0o400, 0o440, 0o444, 0o644]) t.equal(faultOf(t, GOOD, mode), undefined)
})

t.test('a secret behind a link is read, as Kubernetes mounts them', async (t) => {
  const folder = secretsFolder(t)
  folder.write('..data/admin-key', GOOD)
  symlinkSync('..data/admin-key', folder.path('admin-key'))
  t.equal(openSecrets(folder.dir).text('admin-key'), GOOD)
})

t.test('a URL may hold a password, but not an example of one, and only an allowed scheme', async (t) => {
  const folder = secretsFolder(t)
  const secrets = openSecrets(folder.dir)
  const read = (content: string) => {
    folder.write('queue-url', content)
    return faultsOf(() => secrets.url('queue-url', { schemes: ['redis', 'rediss'] }))[0]
  }
  t.equal(read(`rediss://user:${GOOD}@cache:6379/0\n`), undefined)
  t.equal(secrets.optionalUrl('queue-url', { schemes: ['rediss'] }), `rediss://user:${GOOD}@cache:6379/0`)
  t.equal(read('redis://h:1'), undefined)
  t.match(read(`https://user:${GOOD}@cache`), /must be a URL with the scheme redis or rediss$/)
  t.match(read('cache:6379'), /must be a URL/)
  for (const password of ['changeme', 'password', 'secret', 'postern', 'aaaa']) {
    t.match(read(`redis://user:${password}@cache`), /queue-url: holds an example password$/)
  }
  t.equal(secrets.optionalUrl('redis-url', { schemes: ['redis'] }), undefined)
  t.match(faultsOf(() => secrets.url('redis-url', { schemes: ['redis'] }))[0], /redis-url: is missing$/)
})

t.test('a missing folder is one fault, not one a file', async (t) => {
  const folder = secretsFolder(t)
  folder.write('file', GOOD)
  for (const dir of [folder.path('nowhere'), folder.path('file')]) {
    t.same(
      faultsOf(() => openSecrets(dir)),
      ['POSTERN_SECRETS_DIR: does not name a folder'],
    )
  }
  for (const dir of [undefined, '']) t.match(faultsOf(() => openSecrets(dir))[0], /is not set/)
})

t.test('a name can never lead out of the folder', async (t) => {
  const secrets = openSecrets(secretsFolder(t).dir)
  for (const name of ['../admin-key', '/etc/passwd', 'a/b', '', '.', 'Admin', 'a\u0000b', '-a', 'a.b']) {
    t.throws(() => secrets.text(name), TypeError)
    t.throws(() => secrets.ring(name, 'symmetric'), TypeError)
  }
})
