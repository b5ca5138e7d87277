import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Sandbox } from '@postern/sandbox/sandbox'
import nodemailer from 'nodemailer'
import t, { type Test } from 'tap'
import { calls, inbox, script, setupSandbox } from '../../setup-sandbox.ts'

const ID = '0190a000-0000-7000-8000-000000000001'
const MAIL = {
  from: { name: 'Acme, Inc', address: 'sign-in@example.com' },
  to: 'ada@example.com',
  subject: 'Ihr Link für heute',
  text: 'Hello\n.dot\nÜber',
  html: '<p>Hello</p>',
  messageId: `<${ID}.2@example.com>`,
  headers: { 'X-Postern-Delivery': `${ID}.2` },
}

type Smtp = NodeJS.ErrnoException & { responseCode?: number; response?: string; command?: string }

function sender(t: Test, { smtpPort }: Sandbox, auth?: { user: string; pass: string }) {
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: smtpPort,
    ignoreTLS: true,
    socketTimeout: 5_000,
    ...(auth && { auth }),
  })
  t.teardown(() => transport.close())
  return (change: object = {}) => transport.sendMail({ ...MAIL, ...change })
}

async function failure(sending: Promise<unknown>): Promise<Smtp> {
  return await sending.then(
    () => {
      throw new Error('it was sent')
    },
    (error: unknown) => error as Smtp,
  )
}

/** Says lines and answers what the server says, without a library between. */
async function dialogue({ smtpPort }: Sandbox, lines: readonly string[]): Promise<string[]> {
  const socket = connect(smtpPort, '127.0.0.1').setEncoding('utf8')
  const said: string[] = []
  const [greeting] = await once(socket, 'data')
  said.push(greeting)
  for (const line of lines) {
    socket.write(`${line}\r\n`)
    const [answer] = await once(socket, 'data')
    said.push(answer)
  }
  socket.destroy()
  return said
}

t.test('a mail handed over arrives as it was written, with its marker', async (t) => {
  const sandbox = await setupSandbox(t)
  await sender(t, sandbox)({ dsn: { id: `${ID}.2`, return: 'headers' } })
  t.match(await inbox(sandbox), [
    {
      channel: 'email',
      provider: 'smtp',
      to: 'ada@example.com',
      from: 'sign-in@example.com',
      from_name: 'Acme, Inc',
      subject: MAIL.subject,
      text: MAIL.text,
      html: MAIL.html,
      message_id: `${ID}.2@example.com`,
      marker: { delivery_id: ID, attempt: 2 },
    },
  ])
  t.match(await calls(sandbox, '?provider=smtp'), [
    { method: 'SMTP', path: '/mail', accepted: true, answered: { outcome: 'answer', status: 250 } },
  ])
})

t.test('a login is demanded where there is one, and a wrong one refused', async (t) => {
  const smtpLoginFile = join(t.testdir({ login: 'postern:right-pass\n' }), 'login')
  const sandbox = await setupSandbox(t, { smtpLoginFile })
  t.equal((await failure(sender(t, sandbox)())).responseCode, 530)
  t.equal((await failure(sender(t, sandbox, { user: 'postern', pass: 'wrong' })())).responseCode, 535)
  t.same(await inbox(sandbox), [])
  await sender(t, sandbox, { user: 'postern', pass: 'right-pass' })()
  t.equal((await inbox(sandbox)).length, 1)
})

/** Faults, the code that the sender hears, and how far it came. */
const REFUSALS: readonly (readonly [fault: object, code: number, path: string])[] = [
  [{ status: 503 }, 451, '/mail'],
  [{ status: 429 }, 421, '/sender'],
  [{ status: 403 }, 535, '/sender'],
  [{ status: 400 }, 550, '/recipient'],
  [{ status: 413 }, 552, '/mail'],
  [{ status: 450 }, 450, '/recipient'],
  [{ status: 554, error_code: '5.7.1' }, 554, '/mail'],
]

t.test('each refusal is said at its place, once, and nothing is taken', async (t) => {
  const sandbox = await setupSandbox(t)
  const send = sender(t, sandbox)
  for (const [fault, code, path] of REFUSALS) {
    await script(sandbox, { provider: 'smtp', mode: 'status', times: 1, ...fault })
    const error = await failure(send())
    t.equal(error.responseCode, code, JSON.stringify(fault))
    t.match((await calls(sandbox)).at(-1), { path, accepted: false, fault: 'status' }, JSON.stringify(fault))
  }
  t.equal((await calls(sandbox)).length, REFUSALS.length)
  await send()
  t.equal((await inbox(sandbox)).length, 1)
})

t.test('reset_before takes nothing, accept_then_reset takes the mail; both break off', async (t) => {
  const sandbox = await setupSandbox(t)
  const send = sender(t, sandbox)
  for (const [mode, accepted] of [
    ['reset_before', false],
    ['accept_then_reset', true],
  ] as const) {
    await script(sandbox, { provider: 'smtp', mode, times: 1 })
    const error = await failure(send())
    t.equal(error.responseCode, undefined, mode)
    t.match((await calls(sandbox)).at(-1), { accepted, answered: { outcome: 'reset' } }, mode)
  }
  t.equal((await inbox(sandbox)).length, 1)
})

t.test('timeout says nothing, until its time is over where it has one', async (t) => {
  const sandbox = await setupSandbox(t)
  await script(sandbox, { provider: 'smtp', mode: 'timeout', delay_ms: 60, times: 1 })
  const began = performance.now()
  await failure(sender(t, sandbox)())
  t.ok(performance.now() - began >= 59)
  t.match(await calls(sandbox), [{ accepted: false, answered: { outcome: 'silence' } }])
})

t.test(
  'delay and slow_body take the mail at once and finish late; bad_body answers what is no reply',
  async (t) => {
    const sandbox = await setupSandbox(t)
    const send = sender(t, sandbox)
    for (const mode of ['delay', 'slow_body']) {
      await script(sandbox, { provider: 'smtp', mode, delay_ms: 200, times: 1 })
      const began = performance.now()
      const { response } = await send()
      t.ok(performance.now() - began >= 199, mode)
      t.match(response, /^250/, mode)
    }
    await script(sandbox, { provider: 'smtp', mode: 'bad_body', times: 1 })
    await failure(send())
    await script(sandbox, { provider: 'smtp', mode: 'bad_body', status: 502, times: 1 })
    await failure(send())
    t.same(
      (await calls(sandbox)).map(({ accepted }) => accepted),
      [true, true, true, false],
    )
  },
)

t.test('what is no mail, or for nobody, is refused', async (t) => {
  const sandbox = await setupSandbox(t)
  const hello = ['EHLO client.invalid', 'MAIL FROM:<sign-in@example.com>']
  const refusedRecipient = await dialogue(sandbox, [...hello, 'RCPT TO:<nobody@nowhere>'])
  t.match(refusedRecipient.at(-1), /^553/)
  const right = 'From: <sign-in@example.com>\r\nDate: Sat, 21 Nov 2026 04:00:00 +0000\r\n'
  for (const [title, mail] of [
    ['no sender', 'Date: Sat, 21 Nov 2026 04:00:00 +0000\r\n\r\nHello'],
    ['no date', 'From: <sign-in@example.com>\r\n\r\nHello'],
    ['two senders', `${right}From: <another@example.com>\r\n\r\nHello`],
    ['two subjects', `${right}Subject: a\r\nSubject: b\r\n\r\nHello`],
    ['a line too long', `${right}\r\n${'x'.repeat(999)}`],
  ] as const) {
    const said = await dialogue(sandbox, [...hello, 'RCPT TO:<ada@example.com>', 'DATA', `${mail}\r\n.`])
    t.match(said.at(-1), /^554 5\.6\.0/, title)
  }
  t.same(await inbox(sandbox), [])
})

t.test('times is exact over one connection too', async (t) => {
  const sandbox = await setupSandbox(t)
  await script(sandbox, { provider: 'smtp', mode: 'status', status: 451, times: 2 })
  const mail = [
    'MAIL FROM:<a@example.com>',
    'RCPT TO:<b@example.com>',
    'DATA',
    'From: <a@example.com>\r\nDate: x\r\n\r\nHi\r\n.',
  ]
  const said = await dialogue(sandbox, ['EHLO c.invalid', ...mail, ...mail, ...mail])
  t.same(
    [5, 9, 13].map((at) => said[at]?.slice(0, 3)),
    ['451', '451', '250'],
  )
})

t.test('closing the sandbox ends what hangs on purpose', async (t) => {
  const sandbox = await setupSandbox(t)
  await script(sandbox, { provider: 'smtp', mode: 'timeout' })
  const hanging = failure(sender(t, sandbox)())
  while ((await calls(sandbox)).length === 0);
  await sandbox.close()
  t.equal((await hanging).responseCode, undefined)
})
