import { join } from 'node:path'
import { SESv2Client, SendEmailCommand, type SendEmailCommandInput } from '@aws-sdk/client-sesv2'
import t, { type Test } from 'tap'
import { calls, inbox, script, setupSandbox } from '../../setup-sandbox.ts'

const CREDENTIALS = { accessKeyId: 'test-access-key', secretAccessKey: 'test-secret-for-signing' }

async function setup(t: Test, credentials = CREDENTIALS) {
  const pair = `${CREDENTIALS.accessKeyId}:${CREDENTIALS.secretAccessKey}\n`
  const sesKeyFile = join(t.testdir({ pair }), 'pair')
  const sandbox = await setupSandbox(t, { sesKeyFile })
  const settings = { region: 'eu-west-1', endpoint: `${sandbox.url}/ses`, credentials, maxAttempts: 1 }
  const client = new SESv2Client(settings)
  t.teardown(() => client.destroy())
  const send = (change: object = {}) =>
    client.send(new SendEmailCommand({ ...MAIL, ...change } as SendEmailCommandInput))
  return { sandbox, client, settings, send }
}

const MAIL: SendEmailCommandInput = {
  FromEmailAddress: '"Acme, Inc" <sign-in@example.com>',
  Destination: { ToAddresses: ['ada@example.com'] },
  Content: {
    Simple: {
      Subject: { Data: 'Your link', Charset: 'UTF-8' },
      Body: { Text: { Data: 'Hello' }, Html: { Data: '<p>Hello</p>' } },
      Headers: [{ Name: 'X-Own', Value: '1' }],
    },
  },
  EmailTags: [
    { Name: 'delivery_id', Value: 'd-1' },
    { Name: 'attempt', Value: '2' },
  ],
}

t.test('AWS’s own client sends, and its signature is right', async (t) => {
  const { sandbox, send } = await setup(t)
  const { MessageId } = await send()
  t.match(MessageId, /^0100[0-9a-f]{12}-/)
  t.match(await inbox(sandbox), [
    {
      channel: 'email',
      provider: 'ses',
      to: 'ada@example.com',
      from: 'sign-in@example.com',
      from_name: 'Acme, Inc',
      subject: 'Your link',
      text: 'Hello',
      html: '<p>Hello</p>',
      headers: { 'X-Own': '1' },
      message_id: MessageId,
      marker: { delivery_id: 'd-1', attempt: 2 },
    },
  ])
  t.match(await calls(sandbox), [{ provider: 'ses', accepted: true, answered: { status: 200 } }])
})

t.test('another key, another secret and no signature at all are refused by AWS’s names', async (t) => {
  const wrongKey = await setup(t, { ...CREDENTIALS, accessKeyId: 'another-key' })
  await t.rejects(wrongKey.send(), {
    name: 'UnrecognizedClientException',
    $metadata: { httpStatusCode: 403 },
  })
  const wrongSecret = await setup(t, { ...CREDENTIALS, secretAccessKey: 'another-secret' })
  await t.rejects(wrongSecret.send(), { name: 'InvalidSignatureException' })
  const { sandbox } = await setup(t)
  const bare = await fetch(`${sandbox.url}/ses/v2/email/outbound-emails`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(MAIL),
  })
  t.equal(bare.status, 403)
  t.equal(bare.headers.get('x-amzn-errortype'), 'MissingAuthenticationTokenException')
  t.same([...(await inbox(sandbox)), ...(await inbox(wrongSecret.sandbox))], [])
})

t.test('a signed call that was changed on its way is refused', async (t) => {
  const { sandbox, client, settings } = await setup(t)
  type Request = { body: string | Uint8Array; headers: Record<string, string> }
  const changes: readonly (readonly [string, (request: Request) => void])[] = [
    ['body', (request) => (request.body = Buffer.from(request.body).toString().replace('Hello', 'Hullo'))],
    ['signed header', (request) => (request.headers['x-amz-user-agent'] = 'another')],
    ['unsigned x-amz header', (request) => (request.headers['x-amz-security-token'] = 'added')],
    ['time', (request) => (request.headers['x-amz-date'] = '20260101T000000Z')],
    [
      'signature',
      (request) =>
        (request.headers.authorization = (request.headers.authorization ?? '').replace(/.$/, (last) =>
          last === '0' ? '1' : '0',
        )),
    ],
  ]
  for (const [what, change] of changes) {
    // The last thing before the wire, after the signing.
    const { requestHandler } = client.config
    const handle: typeof requestHandler.handle = (request, options) => {
      change(request as Request)
      return requestHandler.handle(request, options)
    }
    const tampering = new SESv2Client({ ...settings, requestHandler: { ...requestHandler, handle } })
    const sending = tampering.send(new SendEmailCommand(MAIL))
    await t.rejects(sending, { name: 'InvalidSignatureException' }, what)
  }
  t.same(await inbox(sandbox), [])
})

const simple = (change: object) => ({ Content: { Simple: { ...MAIL.Content?.Simple, ...change } } })

/** What changes in a mail that is otherwise right (undefined takes a field away). */
const REFUSED: readonly (readonly [title: string, change: object])[] = [
  ['an unknown field', { Priority: 'high' }],
  ['a misspelt field', { Emailtags: [] }],
  ['no sender', { FromEmailAddress: undefined }],
  ['a sender that is a list', { FromEmailAddress: ['sign-in@example.com'] }],
  ['two senders in one', { FromEmailAddress: 'a@example.com, b@example.com' }],
  ['a sender not in ASCII', { FromEmailAddress: '"Acmé" <a@example.com>' }],
  ['no recipient', { Destination: { ToAddresses: [] } }],
  ['recipients that are one text', { Destination: { ToAddresses: 'ada@example.com' } }],
  ['a recipient without a domain', { Destination: { ToAddresses: ['ada'] } }],
  ['two recipients in one', { Destination: { ToAddresses: ['a@example.com,b@example.com'] } }],
  ['fifty-one recipients', { Destination: { ToAddresses: Array(51).fill('a@example.com') } }],
  ['a misspelt destination', { Destination: { To: ['ada@example.com'] } }],
  ['no content', { Content: undefined }],
  ['empty content', { Content: {} }],
  ['two contents', { Content: { ...MAIL.Content, Raw: { Data: 'eA==' } } }],
  ['no subject', simple({ Subject: undefined })],
  ['a subject that is a text', simple({ Subject: 'Your link' })],
  ['an empty body', simple({ Body: {} })],
  ['a body that is a text', simple({ Body: 'Hello' })],
  ['a misspelt body part', simple({ Body: { Plain: { Data: 'x' } } })],
  ['a header with a line break', simple({ Headers: [{ Name: 'X-Own', Value: 'a\r\nBcc: b@example.com' }] })],
  ['sixteen headers', simple({ Headers: Array(16).fill({ Name: 'X-Own', Value: '1' }) })],
  ['tags that are a map', { EmailTags: { delivery_id: 'd-1' } }],
  ['a tag value with a space', { EmailTags: [{ Name: 'delivery_id', Value: 'd 1' }] }],
  ['a tag value that is a number', { EmailTags: [{ Name: 'attempt', Value: 1 }] }],
  ['a tag without a value', { EmailTags: [{ Name: 'attempt' }] }],
  ['fifty-one tags', { EmailTags: Array(51).fill({ Name: 'a', Value: 'b' }) }],
]

t.test('a mail that SES would refuse, or misread in silence, is refused', async (t) => {
  // The client drops what it does not know, so these are sent without it; no key file: no signature is compared.
  const sandbox = await setupSandbox(t)
  const date = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')
  const scope = `${date.slice(0, 8)}/eu-west-1/ses/aws4_request`
  const post = (mail: object) =>
    fetch(`${sandbox.url}/ses/v2/email/outbound-emails`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-amz-date': date,
        authorization: `AWS4-HMAC-SHA256 Credential=any/${scope}, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
      },
      body: JSON.stringify(mail),
    })
  t.equal((await post(MAIL)).status, 200, 'the mail without a change is right')
  for (const [title, change] of REFUSED) {
    const answer = await post({ ...MAIL, ...change })
    t.equal(answer.status, 400, title)
    t.equal(answer.headers.get('x-amzn-errortype'), 'BadRequestException', title)
    t.match(await answer.json(), { message: /./ }, title)
  }
  t.equal((await inbox(sandbox)).length, 1)
})

t.test('scripted faults speak AWS’s language', async (t) => {
  const { sandbox, send } = await setup(t)
  await script(sandbox, { provider: 'ses', mode: 'status', status: 429, times: 1 })
  await script(sandbox, {
    provider: 'ses',
    mode: 'status',
    status: 400,
    error_code: 'MessageRejected',
    times: 1,
  })
  await script(sandbox, { provider: 'ses', mode: 'accept_then_reset', times: 1 })
  await t.rejects(send(), { name: 'TooManyRequestsException' })
  await t.rejects(send(), { name: 'MessageRejected' })
  await t.rejects(send(), { code: 'ECONNRESET' })
  t.same(
    (await calls(sandbox)).map(({ accepted }) => accepted),
    [false, false, true],
  )
})
