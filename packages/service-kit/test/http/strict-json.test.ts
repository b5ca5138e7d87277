import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { parseStrictJson } from '../../src/http/strict-json.ts'

const parse = (text: string) => parseStrictJson(Buffer.from(text))

t.test('unambiguous JSON means what JSON.parse says', async () => {
  // Objects made by fast-check have no duplicate keys; `__proto__` and odd characters are tested below.
  const key = fc.string().filter((text) => text !== '__proto__')
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      tie('list'),
      tie('object'),
    ),
    list: fc.array(tie('any')),
    object: fc.dictionary(key, tie('any')),
  })).any
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1, '\t'), (json, indent) => {
      const text = JSON.stringify(json, null, indent)
      fc.pre(!text.includes('\\u0000'))
      assert.equal(JSON.stringify(parse(text)), JSON.stringify(JSON.parse(text)))
    }),
    { numRuns: 2_000 },
  )
})

t.test('a key twice in one object is refused wherever it stands, in any spelling', async (t) => {
  for (const text of [
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '[{"x":{"a":1,"a":2}}]',
    '{"a":1,"\\u0061":2}',
    '{"":1,"":2}',
    '{"a":{"b":1},"a":2}',
    '{"a":[1],"a":2}',
    '{"a\\"":1,"a\\"":2}',
  ])
    t.throws(() => parse(text), { name: 'StrictJsonError', message: /twice/ }, text)
})

t.test('the same key in different objects, or as a value, is fine', async (t) => {
  for (const text of [
    '[{"a":1},{"a":1}]',
    '{"a":{"a":{"a":"a"}}}',
    '{"a":"a","b":"a","c":["a","a"]}',
    '{"a":"x,\\"a\\":1","b":"{\\"a\\":"}',
  ])
    t.same(parse(text), JSON.parse(text))
})

t.test('the message never holds a part of the text', async (t) => {
  for (const text of [
    '{"canary":1,"canary":2}',
    '{"canary',
    '{"a":"canary\\u0000"}',
    'canary',
    '{"__proto__":"canary"}',
  ]) {
    try {
      parse(text)
      t.fail(text)
    } catch (error) {
      t.notMatch((error as Error).message, /canary|__proto__/)
    }
  }
})

t.test('32 levels are read, 33 are refused, and a hostile depth does not break the parser', async (t) => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
  t.ok(parse(nested(32)))
  t.throws(() => parse(nested(33)), /deeply/)
  t.throws(() => parse(nested(8_000)), /deeply/)
  t.throws(() => parse('{"a":'.repeat(3_000)), /is not JSON/)
})

t.test('NUL and half characters are refused in keys and values; whole ones are read', async (t) => {
  for (const text of ['"\\u0000"', '{"\\u0000":1}', '"\\ud83d"', '"\\ude00\\ud83d"', '{"a":["x\\udfff"]}'])
    t.throws(() => parse(text), { name: 'StrictJsonError' }, text)
  t.equal(parse('"\\ud83d\\ude00"'), '😀')
  t.equal(parse('"\\\\u0000"'), '\\u0000', 'an escaped backslash is no escape')
})
