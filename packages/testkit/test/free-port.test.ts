import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import t from 'tap'
import { freePort, isPortFree } from '../src/free-port.ts'

const module = JSON.stringify(new URL('../src/free-port.ts', import.meta.url).href)

/** What another process is given of these ports: one of them, or nothing. */
async function drawnElsewhere(from: number, to: number): Promise<string> {
  const script = `const { freePort } = await import(${module})
    console.log(await freePort(1, { from: ${from}, to: ${to} }).catch(() => 'none'))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  return stdout.trim()
}

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

t.test('what one process was given no other is, until it ends', async (t) => {
  const base = await freePort(3)
  t.equal(await drawnElsewhere(base, base + 2), 'none', 'though nobody listens there')
  await t.rejects(freePort(1, { from: base, to: base + 2 }), /no 1 free/, 'nor this one again')
  const [from, to] = [19_000, 19_400]
  const theirs = Number(await drawnElsewhere(from, to))
  t.ok(theirs >= from && theirs <= to)
  t.equal(await freePort(1, { from: theirs, to: theirs }), theirs, 'it has ended')
})
