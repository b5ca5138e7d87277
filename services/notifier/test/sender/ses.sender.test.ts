import { createSandbox } from '@postern/sandbox/sandbox'
import t from 'tap'
import { createSesSender } from '../../src/sender/ses.sender.ts'
import { EMAIL } from './vendor-subjects.ts'

/** What SES says by 400 and 429, and what it means. */
const ERRORS: readonly (readonly [status: number, type: string | undefined, expected: object])[] = [
  [400, undefined, { kind: 'permanent', code: 'http_400' }],
  [400, 'BadRequestException', { kind: 'permanent', code: 'http_400' }],
  [400, 'AccountSuspendedException', { kind: 'retryable', code: 'vendor_account_refused' }],
  [400, 'SendingPausedException', { kind: 'retryable', code: 'vendor_account_refused' }],
  [400, 'MailFromDomainNotVerifiedException', { kind: 'retryable', code: 'vendor_misconfigured' }],
  [400, 'MessageRejected', { kind: 'retryable', code: 'vendor_refused_message' }],
  [400, 'MessageRejected:http://internal.amazon.com/', { kind: 'retryable', code: 'vendor_refused_message' }],
  [400, 'LimitExceededException', { kind: 'retryable', code: 'vendor_rate_limited' }],
  [400, 'constructor', { kind: 'permanent', code: 'http_400' }],
  [403, 'UnrecognizedClientException', { kind: 'retryable', code: 'vendor_account_refused' }],
  [404, 'NotFoundException', { kind: 'retryable', code: 'vendor_misconfigured' }],
  [429, 'TooManyRequestsException', { kind: 'retryable', code: 'vendor_rate_limited' }],
  [504, undefined, { kind: 'unknown', code: 'http_504', answered: true }],
]

t.test('AWS’s names of errors tell our account’s faults from the mail’s', async (t) => {
  const sandbox = await createSandbox()
  t.teardown(sandbox.close)
  const sender = createSesSender({
    region: 'eu-west-1',
    url: `${sandbox.url}/ses`,
    accessKeyId: 'any',
    secretAccessKey: 'any',
    configurationSet: 'sign-in',
    connections: 1,
  })
  t.teardown(() => sender.close())
  for (const [status, error_code, expected] of ERRORS) {
    await fetch(`${sandbox.url}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ provider: 'ses', mode: 'status', status, error_code, times: 1 }),
    })
    const outcome = await sender.send(EMAIL, { signal: new AbortController().signal })
    t.same(outcome, expected, `${status} ${error_code}`)
  }
  t.match(await sender.send(EMAIL, { signal: new AbortController().signal }), { kind: 'accepted' })
})
