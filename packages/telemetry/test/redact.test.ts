import fc from 'fast-check'
import t from 'tap'
import { barePath, maskSecrets, scrub, scrubError } from '../src/redact.ts'
import { ALL, carelessThings, NAMED, PATTERNED, vendorError } from './canaries.ts'

t.test('no careless shape lets a secret through', async (t) => {
  for (const [at, thing] of carelessThings().entries()) {
    const shown = JSON.stringify(scrub(thing)) ?? ''
    for (const secret of ALL) t.notOk(shown.includes(secret), `shape ${at}: ${shown.slice(0, 200)}`)
  }
})

t.test('a secret of a known form is masked in the middle of any text', async (t) => {
  for (const secret of Object.values(PATTERNED)) {
    for (const text of [
      secret,
      `a ${secret} b`,
      `"${secret}"`,
      `x=${secret}&y`,
      `(${secret})`,
      `\n${secret}\n`,
    ])
      t.notOk(maskSecrets(text).includes(secret), text)
  }
  t.notMatch(maskSecrets(`your code is ${NAMED.otp}`), NAMED.otp)
  t.notMatch(maskSecrets(`Authorization: Basic dXNlcjpwdw==`), 'dXNlcjpwdw')
  t.notMatch(maskSecrets('-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----'), 'MIGHAgEA')
  t.notMatch(maskSecrets('otpauth://totp/x?secret=ABC'), 'ABC')
})

t.test('what is no secret stays readable', async (t) => {
  const harmless = [
    'challenge 01933f3c-7aaa-7bbb-8ccc-0123456789ab was issued',
    'traceparent 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'POST /v1/magic-links answered 202 in 3.2 ms',
    'postern_http_request_duration_seconds_bucket_of_the_gateway',
    '2026-11-20T12:00:00.000+01:00',
  ]
  for (const text of harmless) t.equal(maskSecrets(text), text)
  const fields = {
    api_key_id: 'a1',
    token_kind: 'magic_link',
    key_version: 2,
    code: 'VALIDATION_FAILED',
    sql: { code: '23505' },
  }
  t.same(scrub(fields), fields)
})

t.test('a masked JSON line is still JSON, whatever it held', async () => {
  const parts = fc.constantFrom(
    ...Object.values(PATTERNED),
    '\n',
    '"',
    '\\',
    'Bearer ',
    'code: 123456',
    '@',
    'https://a/?',
  )
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.oneof(parts, fc.string({ maxLength: 4 }))).map((all) => all.join('')),
  )
  fc.assert(
    fc.property(fc.dictionary(text, text), (fields) => {
      JSON.parse(maskSecrets(JSON.stringify(fields)))
    }),
    { numRuns: 3_000 },
  )
})

t.test('a generated text around a secret never shows it', async (t) => {
  const glue = fc.string({ unit: 'binary-ascii', maxLength: 20 })
  fc.assert(
    fc.property(
      glue,
      glue,
      fc.constantFrom(PATTERNED.apiKey, PATTERNED.linkToken, PATTERNED.jwt),
      (before, after, secret) => !maskSecrets(`${before} ${secret} ${after}`).includes(secret),
    ),
    { numRuns: 3_000 },
  )
  t.pass('3,000 texts')
})

t.test('an error is told by class, code, reason and places, never by a foreign message', async (t) => {
  const shown = scrubError(Object.assign(vendorError('canary message'), { reason: 'the vendor hung up' }))
  t.match(shown, { name: 'AxiosError', code: 'ECONNRESET', reason: 'the vendor hung up' })
  t.notMatch(JSON.stringify(shown), 'canary')
  t.ok((shown.stack as string[])[0]?.includes('canaries.ts'), 'the first line names the place')
  t.same(Object.keys(shown), ['name', 'code', 'reason', 'stack'])
})

t.test('a message that imitates a stack is not taken for one', async (t) => {
  for (const message of [
    'first\n    at nothing but a secret (really)',
    'first\n    at a (/secret:1:1)\nlast',
  ])
    t.notMatch(JSON.stringify(scrubError(new Error(message))), 'secret')
})

t.test('causes and collected errors are told in the same way, and a circle of causes ends', async (t) => {
  const error = new Error('a', { cause: vendorError() }) as Error & { cause: { cause: unknown } }
  error.cause.cause = error
  t.match(scrubError(error), { cause: { name: 'AxiosError', cause: { name: 'Error' } } })
  t.match(scrubError(new AggregateError([vendorError()])), { errors: [{ name: 'AxiosError' }] })
  t.same(scrubError('text'), { name: 'NotAnError', type: 'string' })
})

t.test('a path is shown without query and fragment', async (t) => {
  t.equal(barePath('/l?token=x#y'), '/l')
  t.equal(barePath('/l#y?z'), '/l')
  t.equal(barePath('/v1/things'), '/v1/things')
})

t.test('a huge value is cut, not copied', async (t) => {
  const shown = scrub({ text1: 'x '.repeat(50_000), many: Array.from({ length: 5_000 }, () => 1) })
  t.ok(JSON.stringify(shown).length < 5_000)
})
