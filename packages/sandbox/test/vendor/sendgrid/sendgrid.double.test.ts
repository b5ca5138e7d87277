import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import client from '@sendgrid/client'
import mail from '@sendgrid/mail'
import t, { type Test } from 'tap'
import { calls, inbox, mailTo, sendMail, setupSandbox } from '../../setup-sandbox.ts'

interface ErrorBody {
  errors: { message: unknown; field: unknown; help: unknown }[]
}

async function errorsOf(t: Test, response: Response, status: number): Promise<ErrorBody['errors']> {
  t.equal(response.status, status)
  t.match(response.headers.get('content-type'), /^application\/json/)
  const { errors, ...more } = (await response.json()) as ErrorBody
  t.same(more, {})
  t.ok(errors.length > 0)
  for (const each of errors) {
    t.same(Object.keys(each).sort(), ['field', 'help', 'message'])
    t.type(each.message, 'string')
  }
  return errors
}

t.test('an accepted mail is answered as SendGrid does: 202, its id in a header, no body', async (t) => {
  const sandbox = await setupSandbox(t)
  const response = await sendMail(sandbox, mailTo('ada@example.com'))
  t.equal(response.status, 202)
  t.match(response.headers.get('x-message-id'), /^[A-Za-z0-9_-]{22}$/)
  t.equal(await response.text(), '')
  const [message] = await inbox(sandbox)
  t.match(message, {
    channel: 'email',
    provider: 'sendgrid',
    to: 'ada@example.com',
    from: 'sign-in@example.com',
    subject: 'Your link',
    text: 'Hello',
    html: '<p>Hello</p>',
    headers: {},
    message_id: response.headers.get('x-message-id'),
    marker: { delivery_id: 'delivery of ada@example.com', attempt: 1 },
  })
})

t.test('the real SendGrid client sends, and reads the refusal', async (t) => {
  const sandbox = await setupSandbox(t)
  client.setApiKey('SG.a-key-for-tests')
  client.setDefaultRequest('baseUrl', `${sandbox.url}/sendgrid`)
  mail.setTimeout(5_000)
  mail.setClient(client)
  const message = {
    from: { email: 'sign-in@example.com', name: 'Example' },
    subject: 'Your link',
    content: [
      { type: 'text/plain', value: 'Text' },
      { type: 'text/html', value: '<p>HTML</p>' },
    ] as [{ type: string; value: string }, { type: string; value: string }],
    personalizations: [
      { to: [{ email: 'ada@example.com' }], customArgs: { delivery_id: 'd-1', attempt: '2' } },
    ],
    trackingSettings: {
      clickTracking: { enable: false, enableText: false },
      openTracking: { enable: false },
    },
  }
  const [accepted] = await mail.send(message)
  t.equal(accepted.statusCode, 202)
  t.match(accepted.headers['x-message-id'], /^[\w-]{22}$/)
  t.match(await calls(sandbox), [{ marker: { delivery_id: 'd-1', attempt: 2 }, accepted: true }])

  const nobody = { ...message, personalizations: [{ to: [{ email: 'nobody' }] }] }
  await t.rejects(mail.send(nobody), {
    code: 400,
    response: { body: { errors: [{ field: 'personalizations.0.to.0.email' }] } },
  })
})

t.test('a missing or wrong bearer is refused in SendGrid\u2019s form, and no mail arrives', async (t) => {
  const sendgridKeyFile = join(t.testdir({}), 'sendgrid-api-key')
  const sandbox = await setupSandbox(t, { sendgridKeyFile })
  const withKey = (authorization?: string) =>
    sendMail(sandbox, mailTo('ada@example.com'), {
      headers: {
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
    })
  await errorsOf(t, await withKey('Bearer SG.right'), 401)
  await writeFile(sendgridKeyFile, 'SG.right\n')
  for (const wrong of [
    undefined,
    '',
    'SG.right',
    'Basic SG.right',
    'Bearer',
    'Bearer SG.wrong',
    'Bearer SG.righ',
    'Bearer SG.rightx',
  ]) {
    const [error] = await errorsOf(t, await withKey(wrong), 401)
    t.same(error, { message: 'authorization required', field: null, help: null }, `bearer ${wrong}`)
  }
  t.same(await inbox(sandbox), [])
  t.equal((await withKey('Bearer SG.right')).status, 202, 'the key may appear after the start')
})

t.test('other paths, methods and content types are refused as the vendor would', async (t) => {
  const sandbox = await setupSandbox(t)
  const auth = { authorization: 'Bearer SG.any' }
  await errorsOf(
    t,
    await fetch(`${sandbox.url}/sendgrid/v3/mail/sent`, { method: 'POST', headers: auth }),
    404,
  )
  await errorsOf(t, await fetch(`${sandbox.url}/sendgrid/v3/mail/send`, { headers: auth }), 405)
  const asText = { headers: { ...auth, 'content-type': 'text/plain' } }
  await errorsOf(t, await sendMail(sandbox, mailTo('ada@example.com'), asText), 415)
  await errorsOf(t, await sendMail(sandbox, null, { body: '{"personalizations":' }), 400)
  await errorsOf(t, await sendMail(sandbox, null, { body: '' }), 400)
  t.equal((await calls(sandbox)).length, 5, 'each of them is in the ledger')
})

t.test('a body beyond the vendor\u2019s limit gets its page, not JSON, and is in the ledger', async (t) => {
  const sandbox = await setupSandbox(t)
  const response = await sendMail(sandbox, null, { body: Buffer.alloc(30 * 1024 * 1024 + 1, 32) })
  t.equal(response.status, 413)
  t.match(response.headers.get('content-type'), /^text\/html/)
  t.match(await calls(sandbox), [{ accepted: false, answered: { status: 413 } }])
})

t.test('sandbox mode checks the mail and delivers nothing', async (t) => {
  const sandbox = await setupSandbox(t)
  const mail = mailTo('ada@example.com', { mail_settings: { sandbox_mode: { enable: true } } })
  t.equal((await sendMail(sandbox, mail)).status, 200)
  t.same(await inbox(sandbox), [])
  t.match(await calls(sandbox), [{ accepted: false }])
})

t.test('each recipient gets a message, and a personalization overrides the mail', async (t) => {
  const sandbox = await setupSandbox(t)
  const mail = mailTo('ada@example.com', {
    personalizations: [
      {
        to: [{ email: 'ada@example.com' }],
        cc: [{ email: 'bob@example.com' }],
        subject: 'Own subject',
        from: { email: 'own@example.com' },
        headers: { 'X-Own': '1' },
      },
      { to: [{ email: 'eve@example.com' }] },
    ],
    headers: { 'X-All': '1' },
  })
  t.equal((await sendMail(sandbox, mail)).status, 202)
  const seen = (await inbox(sandbox)).map(({ to, from, subject, headers }) => ({
    to,
    from,
    subject,
    headers,
  }))
  const own = { from: 'own@example.com', subject: 'Own subject', headers: { 'X-All': '1', 'X-Own': '1' } }
  t.same(seen.reverse(), [
    { to: 'ada@example.com', ...own },
    { to: 'bob@example.com', ...own },
    { to: 'eve@example.com', from: 'sign-in@example.com', subject: 'Your link', headers: { 'X-All': '1' } },
  ])
  t.equal((await calls(sandbox)).length, 1, 'it stays one call')
})

t.test('the ledger holds the digest of the very bytes that came', async (t) => {
  const sandbox = await setupSandbox(t)
  const body = `${JSON.stringify(mailTo('ada@example.com'), null, 3)}\n`
  await sendMail(sandbox, null, { body })
  const [call] = await calls(sandbox)
  t.equal(call?.body_sha256, createHash('sha256').update(body).digest('hex'))
  t.equal(call?.body_bytes, Buffer.byteLength(body))
})
