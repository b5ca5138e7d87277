import t from 'tap'
import { Type } from 'typebox'
import { errorCode, setup } from '../http-app.setup.ts'

const doubtful = Type.Object({ at: Type.String({ format: 'no-such-format' }) })
const unwritable = Type.Object({ at: { type: 'no-such-type' } })
const Seen = Type.Object({ seen: Type.Integer() })

t.test(
  'a schema that is in doubt stops no start and no other route, and is found when all are compiled',
  async (t) => {
    const { app, logs } = await setup(t)
    app.post('/doubtful', { schema: { body: doubtful } }, async () => ({}))
    await app.ready()
    t.equal((await app.inject('/v1/things')).statusCode, 200)
    for (const _ of ['first', 'second']) {
      const answer = await app.inject({ method: 'POST', url: '/doubtful', payload: { at: 'canary' } })
      t.equal(errorCode(answer), '500 INTERNAL')
      t.notMatch(answer.body, /format/)
      const { reason } = logs.lines().at(-1) as { reason: string }
      t.match(reason, /^the body schema of POST \/doubtful does not compile: .*no-such-format/)
    }
    t.notMatch(logs.text(), 'canary')
    await t.rejects(app.compileSchemas(), /no-such-format/)
  },
)

t.test('each status of a route is compiled by the first answer that has it', async (t) => {
  const { app } = await setup(t)
  const schema = { response: { 200: Seen, 409: unwritable } } as object
  app.get('/states/:code', { schema }, async (request, reply) => {
    const { code } = request.params as { code: string }
    return reply.code(Number(code)).send({ seen: 1, at: 'x', secret: 'canary' })
  })
  for (const which of ['first', 'second'])
    t.equal(
      (await app.inject('/states/200')).body,
      '{"seen":1}',
      `the ${which} answer holds what the schema names`,
    )
  t.equal((await app.inject('/states/409')).statusCode, 500)
  await t.rejects(
    app.compileSchemas(),
    /the 409 schema of GET \/states\/:code does not compile: .*schema is invalid/,
  )
})

t.test('what fits all schemas is compiled without a word, also twice', async (t) => {
  const { app } = await setup(t)
  await app.ready()
  await app.compileSchemas()
  await app.compileSchemas()
  t.equal(
    errorCode(await app.inject({ method: 'POST', url: '/v1/things', payload: {} })),
    '400 VALIDATION_FAILED',
  )
  t.equal((await app.inject({ method: 'POST', url: '/v1/things', payload: { name: 'x' } })).statusCode, 200)
  t.equal(
    errorCode(await app.inject({ method: 'POST', url: '/v1/things', payload: {} })),
    '400 VALIDATION_FAILED',
  )
})
