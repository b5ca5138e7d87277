import t from 'tap'
import { Type } from 'typebox'
import { errorCode, setup } from '../http-app.setup.ts'

const doubtful = Type.Object({ at: Type.String({ format: 'no-such-format' }) })
const unwritable = Type.Object({ at: { type: 'no-such-type' } })
const Seen = Type.Object({ seen: Type.Integer() })

t.test(
  'a schema that is in doubt stops no start and no other route, and is found when all are compiled',
  async (t) => {
    const { app } = await setup(t)
    app.post('/doubtful', { schema: { body: doubtful } }, async () => ({}))
    await app.ready()
    t.equal((await app.inject('/v1/things')).statusCode, 200)
    t.equal(
      errorCode(await app.inject({ method: 'POST', url: '/doubtful', payload: { at: 'x' } })),
      '500 INTERNAL',
    )
    t.throws(() => app.compileSchemas(), /no-such-format/)
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
  t.throws(() => app.compileSchemas(), /schema is invalid/)
})

t.test('what fits all schemas is compiled without a word, also twice', async (t) => {
  const { app } = await setup(t)
  await app.ready()
  app.compileSchemas()
  app.compileSchemas()
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
