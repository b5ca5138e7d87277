import t from 'tap'
import { openGateway, openHouse } from './setup.ts'

t.test('every schema of every route is one that its validator or serializer takes', async (t) => {
  const { app } = await openGateway(t, await openHouse(t))
  await t.resolves(app.compileSchemas())
})
