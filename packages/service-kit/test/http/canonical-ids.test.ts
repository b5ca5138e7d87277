import t from 'tap'
import { setup } from '../http-app.setup.ts'

t.test('an id in a path goes on in lower case, and nothing else is changed', async (t) => {
  const { app } = await setup(t)
  const id = '01980c5a-7d3e-7abc-8def-0123456789ab'
  for (const spelled of [id, id.toUpperCase(), id.replace('abc', 'aBc')]) {
    const answer = await app.inject({ url: `/v1/things/${spelled}` })
    t.equal(answer.json().data?.seen.id, spelled.toLowerCase())
  }
  t.equal((await app.inject({ url: '/v1/things/NO-ID' })).statusCode, 400)
})
