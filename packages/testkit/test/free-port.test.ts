import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { freePort, isPortFree } from '../src/free-port.ts'

t.test('all ports of a row are free, and below those of outgoing connections', async (t) => {
  const base = await freePort(6)
  t.ok(base >= 20_000 && base + 5 < 32_768)
  for (let offset = 0; offset < 6; offset += 1) t.equal(await isPortFree(base + offset), true)
})

t.test('a port with a listener is not free', async (t) => {
  const port = await freePort()
  const server = createServer().listen(port, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  t.equal(await isPortFree(port), false)
})
