// Whoever forges messages of SNS makes us ask for few certificates, and takes none from the true messages.

import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { manualClock } from '@postern/testkit/manual-clock'
import { selfSigned } from '@postern/testkit/self-signed'
import t from 'tap'
import { createSnsClient } from '../../src/receipt/fetch-sns.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const pem = selfSigned(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), 'sns.test.invalid')
const { validFromDate, validToDate } = new X509Certificate(pem)

/** A host with certificates; what it was asked for. */
async function host(t: Tap) {
  const asked: string[] = []
  const state = { isDown: false }
  const server = createServer(({ url = '' }, reply) => {
    asked.push(url)
    const found = !state.isDown && url.startsWith('/true')
    reply.writeHead(found ? 200 : 404).end(found ? pem : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { asked, state, at: (path: string) => `http://127.0.0.1:${port}${path}` }
}
type Tap = { teardown(undo: () => unknown): unknown }

const UNAVAILABLE = { code: 'SERVICE_UNAVAILABLE' }
const clockNow = () => manualClock(new Date(validFromDate.getTime() + 60_000))

t.test('a flood of forged messages asks each host for one certificate a second', async (t) => {
  const clock = clockNow()
  const sns = createSnsClient({ clock })
  const [first, second] = [await host(t), await host(t)]
  const flood = Array.from({ length: 100 }, (_, n) => [first.at(`/forged-${n}`), second.at(`/forged-${n}`)])
  for (const url of flood.flat()) await t.rejects(sns.publicKey(url), UNAVAILABLE)
  t.same([first.asked.length, second.asked.length], [1, 1])
  clock.advance(1_000)
  for (const url of flood.flat()) await t.rejects(sns.publicKey(url), UNAVAILABLE)
  t.same([first.asked.length, second.asked.length], [2, 2])
})

t.test('what was not there is not asked for again for a minute', async (t) => {
  const clock = clockNow()
  const sns = createSnsClient({ clock })
  const { asked, at } = await host(t)
  for (let second = 0; second < 60; second += 2) {
    await t.rejects(sns.publicKey(at('/forged')), UNAVAILABLE)
    clock.advance(2_000)
  }
  t.equal(asked.length, 1)
  await t.rejects(sns.publicKey(at('/forged')), UNAVAILABLE)
  t.equal(asked.length, 2)
})

t.test('a certificate is asked for once by many, and kept for a day', async (t) => {
  const clock = clockNow()
  const sns = createSnsClient({ clock })
  const { asked, at } = await host(t)
  const keys = await Promise.all(Array.from({ length: 20 }, () => sns.publicKey(at('/true'))))
  t.equal(new Set(keys.map((key) => key.export({ type: 'spki', format: 'der' }).toString('hex'))).size, 1)
  clock.advance(86_399_000)
  await sns.publicKey(at('/true'))
  t.same(asked, ['/true'])
  clock.advance(2_000)
  await sns.publicKey(at('/true'))
  t.same(asked, ['/true', '/true'])
})

t.test('what is kept serves on while a flood, or an outage, is in the way of asking again', async (t) => {
  const clock = clockNow()
  const sns = createSnsClient({ clock })
  const { asked, state, at } = await host(t)
  await sns.publicKey(at('/true'))
  clock.advance(86_401_000)
  await t.rejects(sns.publicKey(at('/forged')), UNAVAILABLE)
  t.ok(await sns.publicKey(at('/true')), 'its host was asked just now')
  t.same(asked, ['/true', '/forged'])
  clock.advance(1_000)
  state.isDown = true
  t.ok(await sns.publicKey(at('/true')), 'its host does not have it now')
  t.equal(asked.length, 3)
  clock.set(new Date(validToDate.getTime() + 1_000))
  await t.rejects(sns.publicKey(at('/true')), UNAVAILABLE, 'and never beyond its own time')
})
