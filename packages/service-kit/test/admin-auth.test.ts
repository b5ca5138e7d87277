import t, { type Test } from 'tap'
import { createAdminAuth } from '../src/admin-auth.ts'
import { actorOf } from '../src/caller.ts'
import { errorCode, setup } from './http-app.setup.ts'

const KEY = 'operator-key-of-this-test-0123456789'

async function guarded(t: Test) {
  const { app, logs } = await setup(t)
  app.get('/v1/guarded', { ...createAdminAuth(KEY).requireOperator }, async (request) => ({
    actor: request.caller && actorOf(request.caller),
  }))
  const get = (authorization?: string) =>
    app.inject({ url: '/v1/guarded', headers: authorization === undefined ? {} : { authorization } })
  return { get, logs }
}

t.test('the admin key opens operator routes', async (t) => {
  const { get } = await guarded(t)
  t.same((await get(`Bearer ${KEY}`)).json(), { actor: 'operator:admin' })
})

t.test('401 UNAUTHENTICATED without it, with another, or with a part of it', async (t) => {
  const { get, logs } = await guarded(t)
  for (const header of [
    undefined,
    '',
    KEY,
    `Basic ${KEY}`,
    'Bearer',
    'Bearer  ',
    `Bearer ${KEY}x`,
    `Bearer ${KEY.slice(0, -1)}`,
    `Bearer ${KEY} x`,
    `Bearer ${KEY.toUpperCase()}`,
  ]) {
    const response = await get(header)
    t.equal(errorCode(response), '401 UNAUTHENTICATED', String(header))
    t.equal(response.headers['www-authenticate'], 'Bearer realm="postern"')
  }
  t.notMatch(logs.text(), KEY.slice(0, 12))
})
