import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { bareEnvironment } from '@postern/testkit/bare-environment'
import t from 'tap'
import { Type } from 'typebox'
import { formOf } from '../src/form.ts'

const Thing = Type.Object(
  {
    id: Type.String({ format: 'uuid' }),
    kind: Type.Literal('thing'),
    name: Type.String({ minLength: 1, maxLength: 3, pattern: '^\\p{L}+$' }),
    count: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
)
const thing = { id: '01933f3c-7aaa-7bbb-8ccc-0123456789ab', kind: 'thing', name: 'ab' }

t.test('what fits is nothing to complain about, and is left as it is', async (t) => {
  const form = formOf(Thing)
  const value = Object.freeze({ ...thing, count: 1 })
  t.equal(form.fits(value), true)
  t.equal(form.complaint(value), undefined)
})

t.test('lengths count characters, and patterns know them', async (t) => {
  const form = formOf(Thing)
  t.equal(form.fits({ ...thing, name: '𝒜𝒜𝒜' }), true)
  t.equal(form.fits({ ...thing, name: '𝒜𝒜𝒜𝒜' }), false)
})

t.test('what does not fit is told by its place, and no value is guessed from another', async (t) => {
  const form = formOf(Thing)
  const cases: readonly (readonly [value: unknown, place: string, keyword: string])[] = [
    [{ ...thing, count: '1' }, '/count', 'type'],
    [{ ...thing, count: -1 }, '/count', 'minimum'],
    [{ ...thing, id: 'urn:uuid:01933f3c-7aaa-7bbb-8ccc-0123456789ab' }, '/id', 'format'],
    [{ ...thing, kind: 'other' }, '/kind', 'const'],
    [{ ...thing, extra: 1 }, '', 'additionalProperties'],
    [{}, '', 'required'],
    [[], '', 'type'],
    [null, '', 'type'],
    [undefined, '', 'type'],
  ]
  for (const [value, instancePath, keyword] of cases) {
    t.equal(form.fits(value), false, keyword)
    t.match(form.complaint(value), { instancePath, keyword })
  }
})

t.test(
  'a schema in doubt is found by the first value that is held to it, or when all are compiled',
  async (t) => {
    // In a process of its own: forms are kept as long as theirs lives.
    const found = (schema: object, how: 'app.compileSchemas()' | 'form.fits({})') => {
      const src = (name: string) => JSON.stringify(new URL(`../src/${name}.ts`, import.meta.url).href)
      const script = `import { capturedLogger } from '@postern/testkit/captured-logs'
      import { createHttpApp } from ${src('http-app')}
      import { formOf } from ${src('form')}
      const app = await createHttpApp({ logger: capturedLogger('test').logger })
      const form = formOf(${JSON.stringify(schema)})
      try { await ${how}; console.log('nothing') } catch (error) { console.log(error.message) }`
      const args = ['--input-type=module', '-e', script]
      const cwd = fileURLToPath(new URL('..', import.meta.url))
      return spawnSync(process.execPath, args, { cwd, env: bareEnvironment(), encoding: 'utf8' }).stdout
    }
    const unknownFormat = { type: 'string', format: 'telephone' }
    t.match(found(unknownFormat, 'form.fits({})'), /unknown format "telephone"/)
    t.match(found(unknownFormat, 'app.compileSchemas()'), /unknown format "telephone"/)
    t.match(found({ type: 'string', maxLength: -1 }, 'app.compileSchemas()'), /schema is invalid/)
    t.equal(found({ type: 'string', maxLength: 1 }, 'app.compileSchemas()'), 'nothing\n')
  },
)
