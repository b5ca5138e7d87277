import { once } from 'node:events'
import net from 'node:net'
import { createSandbox } from '@postern/sandbox/sandbox'
import t, { type Test } from 'tap'
import { createSmtpSender, type SmtpOptions } from '../../src/sender/smtp.sender.ts'
import { ownCertificate } from './own-certificate.ts'
import { EMAIL, keyOptions, SUBJECTS } from './vendor-subjects.ts'

const LOGIN = { user: 'postern', password: 'canary-password-of-the-server' }
const signal = () => AbortSignal.timeout(3_000)

function senderOf(t: Test, options: Partial<SmtpOptions> & { port: number }) {
  const sender = createSmtpSender({ host: '127.0.0.1', tls: 'none', ...options })
  t.teardown(() => sender.close())
  return sender
}

/** A server of the test's own; what its callers break off is nobody's error. */
async function listening(t: Test, greet: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined)
    greet(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as net.AddressInfo).port
}

/** A server that answers each line by the first rule that fits, and keeps what it was told. */
async function scripted(t: Test, rules: readonly (readonly [RegExp, string])[], ehlo = '250 hello') {
  const told: string[] = []
  const all = [
    ...rules,
    [/^EHLO/, ehlo],
    [/^DATA/, '354 go on'],
    [/^QUIT/, '221 bye'],
    [/./, '250 fine'],
  ] as const
  let inMail = false
  const port = await listening(t, (socket) => {
    socket.write('220 here\r\n')
    let rest = ''
    socket.setEncoding('utf8').on('data', (text) => {
      const lines = `${rest}${text}`.split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        told.push(line)
        if (inMail && line !== '.') continue
        const word = inMail ? 'END' : line
        inMail = false
        const answer = all.find(([pattern]) => pattern.test(word))?.[1] ?? ''
        inMail = answer.startsWith('354')
        if (answer === 'HANG UP') socket.destroy()
        else socket.write(`${answer}\r\n`)
      }
    })
  })
  return { told, port }
}

const REPLIES: readonly (readonly [RegExp, string, object])[] = [
  [/^EHLO/, '421 4.3.2 not now', { kind: 'retryable', code: 'smtp_421' }],
  [/^MAIL/, '451 4.3.0 later', { kind: 'retryable', code: 'smtp_451' }],
  [/^MAIL/, '550 5.1.8 sender refused', { kind: 'retryable', code: 'vendor_misconfigured' }],
  [/^MAIL/, '530 5.7.0 log in first', { kind: 'retryable', code: 'vendor_account_refused' }],
  [/^RCPT/, '450 4.2.1 greylisted', { kind: 'retryable', code: 'smtp_450' }],
  [/^RCPT/, '550 5.1.1 no such user', { kind: 'permanent', code: 'smtp_550' }],
  [/^RCPT/, '550 no such user', { kind: 'permanent', code: 'smtp_550' }],
  [/^RCPT/, '554 5.7.1 relay access denied', { kind: 'retryable', code: 'vendor_misconfigured' }],
  [/^DATA/, '451 4.3.0 later', { kind: 'retryable', code: 'smtp_451' }],
  [/^DATA/, 'HANG UP', { kind: 'retryable', code: 'connection_reset' }],
  [/^END/, '452 4.3.1 full', { kind: 'retryable', code: 'smtp_452' }],
  [/^END/, '554 5.6.0 refused', { kind: 'permanent', code: 'smtp_554' }],
  [/^END/, '421 4.3.2 shutting down', { kind: 'retryable', code: 'smtp_421' }],
  [/^END/, 'HANG UP', { kind: 'unknown', code: 'connection_reset' }],
  [/^END/, 'what?', { kind: 'unknown' }],
  [/^END/, '250 2.0.0 queued as 4711', { kind: 'accepted' }],
]

t.test('each reply means what it says at its place, and only silence after the dot is unknown', async (t) => {
  for (const [pattern, reply, expected] of REPLIES) {
    const { port } = await scripted(t, [[pattern, reply]])
    t.match(await senderOf(t, { port }).send(EMAIL, { signal: signal() }), expected, `${pattern} ${reply}`)
  }
})

t.test(
  'a mail has one recipient in its envelope, its mark in three places, and no second header',
  async (t) => {
    const { port, told } = await scripted(t, [], '250-hello\r\n250 DSN')
    const trick = { ...EMAIL, to: 'Ada@bücher.example', subject: 'Hello\r\nBcc: eve@example.org' }
    const outcome = await senderOf(t, { port }).send(trick, { signal: signal() })
    const mark = `${EMAIL.deliveryId}.${EMAIL.attempt}`
    t.same(outcome, { kind: 'accepted', providerMessageId: `${mark}@id.example.org` })
    t.same(
      told.filter((line) => /^(MAIL|RCPT)/.test(line)).map((line) => line.replace(/ SIZE=\d+/, '')),
      [`MAIL FROM:<sign-in@id.example.org> RET=HDRS ENVID=${mark}`, 'RCPT TO:<Ada@xn--bcher-kva.example>'],
    )
    const header = told.slice(told.indexOf('DATA') + 1, told.indexOf(''))
    t.ok(header.includes(`X-Postern-Delivery: ${mark}`))
    t.ok(header.includes(`Message-ID: <${mark}@id.example.org>`))
    t.notOk(header.some((line) => /^bcc/i.test(line)))
  },
)

t.test('with a certificate that is vouched for, login and mail go over TLS', async (t) => {
  const own = ownCertificate()
  const smtp = SUBJECTS.find(({ provider }) => provider === 'smtp')
  const keys =
    smtp === undefined
      ? {}
      : keyOptions(t, { ...smtp, keyFile: { smtpLoginFile: `${LOGIN.user}:${LOGIN.password}` } })
  const sandbox = await createSandbox({ ...keys, smtpTls: own })
  t.teardown(sandbox.close)
  const options = { port: sandbox.smtpPort, tls: 'starttls', login: LOGIN } as const
  const trusted = senderOf(t, { ...options, ca: own.cert })
  t.match(await trusted.send(EMAIL, { signal: signal() }), { kind: 'accepted' })
  const stranger = senderOf(t, { ...options, ca: ownCertificate().cert })
  t.same(await stranger.send(EMAIL, { signal: signal() }), { kind: 'retryable', code: 'tls_failed' })
  const system = senderOf(t, options)
  t.match(await system.send(EMAIL, { signal: signal() }), { kind: 'retryable' }, 'nobody vouches for it')
})

t.test('a server without STARTTLS hears neither login nor mail', async (t) => {
  const { port, told } = await scripted(
    t,
    [[/^STARTTLS/, '502 5.5.1 unknown']],
    '250-hello\r\n250 AUTH PLAIN LOGIN',
  )
  const outcome = await senderOf(t, { port, tls: 'starttls', login: LOGIN }).send(EMAIL, { signal: signal() })
  t.match(outcome, { kind: 'retryable' })
  t.notOk(told.some((line) => /^(AUTH|MAIL|RCPT|DATA)/.test(line)))
})

t.test('implicit TLS says nothing before the handshake', async (t) => {
  const heard: Buffer[] = []
  const port = await listening(t, (socket) => {
    socket.once('data', (chunk) => {
      heard.push(chunk)
      socket.destroy()
    })
  })
  const outcome = await senderOf(t, { port, tls: 'implicit', login: LOGIN }).send(EMAIL, { signal: signal() })
  t.match(outcome, { kind: 'retryable' })
  t.equal(heard[0]?.[0], 0x16, 'the first byte is of a TLS handshake')
})

t.test('a refused login is our account’s fault, and the password is in no outcome', async (t) => {
  const { port } = await scripted(t, [[/^AUTH/, '535 5.7.8 no']], '250-hello\r\n250 AUTH PLAIN')
  const outcome = await senderOf(t, { port, login: LOGIN }).send(EMAIL, { signal: signal() })
  t.same(outcome, { kind: 'retryable', code: 'vendor_account_refused' })
})

t.test('100 mails at once use 40 connections, and each mail is taken', async (t) => {
  const waiting: net.Socket[] = []
  let [open, most] = [0, 0]
  const port = await listening(t, (socket) => {
    most = Math.max(most, ++open)
    socket.setEncoding('utf8').on('data', (text: string) => {
      if (text.startsWith('QUIT')) open--
      socket.write(text.startsWith('DATA') ? '354 go on\r\n' : '250 fine\r\n')
    })
    waiting.push(socket)
    // Nobody is greeted before as many are there at once as may be.
    if (most >= 40) for (const each of waiting.splice(0)) each.write('220 here\r\n')
  })
  const sender = senderOf(t, { port })
  const mails = Array.from({ length: 100 }, () => sender.send(EMAIL, { signal: AbortSignal.timeout(30_000) }))
  const outcomes = await Promise.all(mails)
  t.equal(outcomes.filter(({ kind }) => kind === 'accepted').length, 100)
  t.equal(most, 40)
})

/** Greets nobody; `full` is when 40 wait for it. */
async function silent(t: Test) {
  const full = Promise.withResolvers<void>()
  const seen = { connections: 0 }
  const port = await listening(t, () => {
    if (++seen.connections === 40) full.resolve()
  })
  return { port, full: full.promise, seen }
}

const NOT_BEGUN = { kind: 'retryable', code: 'started_too_late' }

t.test('a mail that gets no connection in time is not begun, and is no failure of the server', async (t) => {
  const { port, full, seen } = await silent(t)
  const sender = senderOf(t, { port })
  const ending = new AbortController()
  const send = () => sender.send(EMAIL, { signal: ending.signal })
  const held = Array.from({ length: 40 }, send)
  await full
  t.same(await Promise.all(Array.from({ length: 20 }, send)), Array(20).fill(NOT_BEGUN))
  ending.abort()
  t.same(new Set((await Promise.all(held)).map(({ kind }) => kind)), new Set(['retryable']))
  t.equal(seen.connections, 40)
})

t.test('what waits for a connection when the sender is closed is not begun', async (t) => {
  const { port, full, seen } = await silent(t)
  const sender = senderOf(t, { port })
  const mails = Array.from({ length: 60 }, () => sender.send(EMAIL, { signal: signal() }))
  await full
  sender.close()
  const outcomes = await Promise.all(mails)
  t.same(outcomes.slice(40), Array(20).fill(NOT_BEGUN))
  t.equal(seen.connections, 40)
})
