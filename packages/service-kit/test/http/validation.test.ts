import { readdirSync } from 'node:fs'
import { CHANNELS, PROVIDERS, settingsForm } from '@postern/contracts/sender'
import t from 'tap'
import { type TSchema, Type } from 'typebox'
import { assertSchema } from '../../src/http/strict-ajv.ts'
import { compileValidator, formatValidationErrors } from '../../src/http/validation.ts'

interface Compiled {
  (data: unknown): boolean
  errors?: never[]
}
const compiled = (schema: unknown, httpPart = 'body') =>
  compileValidator({ schema, httpPart, method: 'POST', url: '/' } as never) as unknown as Compiled
const accepts = (schema: TSchema, value: unknown, httpPart?: string) => compiled(schema, httpPart)(value)

const doubt = (schema: object) => {
  assertSchema(schema)
  compiled(schema)
}

t.test('every schema of the contracts compiles in strict mode', async (t) => {
  const contracts = new URL('../../../contracts/src/', import.meta.url)
  for (const folder of [contracts, new URL('http/', contracts)]) {
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
      const exported = Object.values(await import(new URL(file, folder).href))
      for (const schema of exported) {
        const isSchema =
          typeof schema === 'object' && schema !== null && ('type' in schema || 'anyOf' in schema)
        if (isSchema) t.doesNotThrow(() => doubt(schema), file)
      }
    }
  }
  for (const channel of CHANNELS) {
    for (const provider of PROVIDERS) {
      const form = settingsForm(channel, provider)
      if (form) t.doesNotThrow(() => doubt(form), `${provider} for ${channel}`)
    }
  }
})

t.test('a date-time is an instant that Postgres and JavaScript read alike', async (t) => {
  const instant = Type.String({ format: 'date-time' })
  for (const good of [
    '2026-11-20T12:00:00Z',
    '2026-11-20T12:00:00.123456Z',
    '2026-11-20T12:00:00+01:00',
    '2024-02-29t00:00:00z',
  ])
    t.equal(accepts(instant, good), true, good)
  for (const bad of [
    '2026-11-20T12:00:00',
    '2026-11-20',
    '2026-11-20 12:00:00Z',
    '2026-11-20T12:00Z',
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '2016-12-31T23:59:60Z',
    '2026-11-20T24:00:00Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '12026-01-01T00:00:00Z',
    '2026-11-20T12:00:00+23:00',
    '2026-11-20T12:00:00+0100',
    '2026-11-20T12:00:00.Z',
    '2026-11-20T12:00:00.1234567890Z',
    ' 2026-11-20T12:00:00Z',
    '２026-11-20T12:00:00Z',
    '',
  ])
    t.equal(accepts(instant, bad), false, bad)
})

t.test('a uuid is the plain form only', async (t) => {
  const uuid = Type.String({ format: 'uuid' })
  t.equal(accepts(uuid, '01933f3c-7aaa-7bbb-8ccc-0123456789ab'), true)
  for (const bad of [
    'urn:uuid:01933f3c-7aaa-7bbb-8ccc-0123456789ab',
    '{01933f3c-7aaa-7bbb-8ccc-0123456789ab}',
    '01933f3c7aaa7bbb8ccc0123456789ab',
    '01933f3c-7aaa-7bbb-8ccc-0123456789ab\n',
    '',
  ])
    t.equal(accepts(uuid, bad), false, bad)
})

t.test('bodies, headers and parameters are never coerced; query strings are', async (t) => {
  const schema = Type.Object({ n: Type.Integer(), b: Type.Optional(Type.Boolean()) })
  for (const part of ['body', 'headers', 'params']) t.equal(accepts(schema, { n: '1' }, part), false, part)
  const query = { n: '12', b: 'true' }
  t.equal(accepts(schema, query, 'querystring'), true)
  t.same(query, { n: 12, b: true })
})

t.test('enums, literals, unions and records of TypeBox are validated', async (t) => {
  const schema = Type.Object({
    e: Type.Enum(['a', 'b']),
    l: Type.Literal('S256'),
    u: Type.Union([Type.String(), Type.Null()]),
    r: Type.Record(Type.String(), Type.Integer()),
  })
  const good = { e: 'a', l: 'S256', u: null, r: { x: 1 } }
  t.equal(accepts(schema, good), true)
  for (const bad of [{ e: 'c' }, { l: 's256' }, { u: 5 }, { r: { x: 'y' } }])
    t.equal(accepts(schema, { ...good, ...bad }), false)
})

t.test('inherited properties do not count as sent', async (t) => {
  const schema = Type.Object({ constructor: Type.Unknown(), toString: Type.Unknown() })
  t.equal(accepts(schema, {}), false)
})

t.test('details name a known path; made-up names are shown only when they look like names', async (t) => {
  const schema = Type.Object({ a: Type.Object({ b: Type.String() }, { additionalProperties: false }) })
  const detailsOf = (value: unknown) => {
    const validate = compiled(schema)
    validate(value)
    return formatValidationErrors(validate.errors ?? [], 'body').details
  }
  t.match(detailsOf({ a: { b: 1 } }), [{ path: 'body.a.b', problem: 'must be string' }])
  t.match(detailsOf({ a: {} }), [{ path: 'body.a.b', problem: /required/ }])
  t.match(detailsOf({ a: { b: '', typo: 1 } }), [{ path: 'body.a.typo', problem: 'is not known' }])
  for (const name of [
    'pk_Ab3dEf6hIj9k_0123456789012345678901234567890123456789012',
    'two words',
    'a@b.example',
    '<script>',
    '',
  ])
    t.match(detailsOf({ a: { b: '', [name]: 1 } }), [{ path: 'body.a.*', problem: 'is not known' }])
})
