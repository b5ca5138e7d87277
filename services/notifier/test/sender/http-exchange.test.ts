import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { createExchange, type Exchange } from '../../src/sender/http-exchange.ts'

// TLS with a shared key: a real handshake, and no certificate in the repository.
const psk = Buffer.alloc(16, 7)
const TLS = { ciphers: 'PSK-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' } as const
const CLIENT_TLS = {
  ...TLS,
  pskCallback: () => ({ psk, identity: 'x' }),
  checkServerIdentity: () => undefined,
}

async function listening(t: Test, server: Server & { closeAllConnections(): void }): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const serverFor = (protocol: string, handler: http.RequestListener) =>
  protocol === 'https:'
    ? https.createServer({ ...TLS, pskCallback: () => psk }, handler)
    : http.createServer(handler)

/** Resolves with the error code, or null when an answer came. */
function send(exchange: Exchange, options: https.RequestOptions): Promise<string | null> {
  return new Promise((resolve) => {
    const request = exchange.transport.request(
      { method: 'POST', host: '127.0.0.1', ...options },
      (response) => {
        response.resume().once('end', () => resolve(null))
      },
    )
    request.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'no code'))
    request.end('body')
  })
}

for (const protocol of ['http:', 'https:']) {
  const client = protocol === 'https:' ? CLIENT_TLS : {}

  t.test(`${protocol} an answer, and a break after the request, are told from nothing sent`, async (t) => {
    let answers = true
    const port = await listening(
      t,
      serverFor(protocol, (request, response) => (answers ? response.end('ok') : request.socket.destroy())),
    )
    let written = 0
    const exchange = createExchange({ onWritten: () => (written += 1) })
    t.equal(await send(exchange, { protocol, port, ...client }), null)
    t.match(exchange, { mayHaveLeft: true, status: 200 })
    t.equal(written, 1)

    answers = false
    const broken = createExchange({})
    t.not(await send(broken, { protocol, port, ...client }), null)
    t.match(broken, { mayHaveLeft: true, status: undefined })
  })

  t.test(`${protocol} a connection handed on by another request counts as standing`, async (t) => {
    const agent = new (protocol === 'https:' ? https : http).Agent({
      keepAlive: true,
      maxSockets: 1,
      ...client,
    })
    t.teardown(() => agent.destroy())
    let requests = 0
    const port = await listening(
      t,
      serverFor(protocol, (request, response) => {
        requests += 1
        if (requests === 1) response.end('ok')
        else request.socket.destroy()
      }),
    )
    const [first, second] = [createExchange({}), createExchange({})]
    const results = await Promise.all(
      [first, second].map((exchange) => send(exchange, { protocol, port, agent, ...client })),
    )
    t.equal(results[0], null)
    t.not(results[1], null)
    t.match(second, { mayHaveLeft: true, status: undefined })
  })

  t.test(`${protocol} a call that may not begin any more writes nothing`, async (t) => {
    let seen = 0
    const port = await listening(
      t,
      serverFor(protocol, (_, response) => {
        seen += 1
        response.end()
      }),
    )
    const exchange = createExchange({ mayBegin: () => false })
    t.equal(await send(exchange, { protocol, port, ...client }), 'STARTED_TOO_LATE')
    t.match(exchange, { mayHaveLeft: false, status: undefined })
    t.equal(seen, 0)
  })
}

t.test('a handshake that fails has sent nothing', async (t) => {
  const port = await listening(
    t,
    http.createServer((_, response) => response.end()),
  )
  const exchange = createExchange({})
  t.not(await send(exchange, { protocol: 'https:', port, ...CLIENT_TLS }), null)
  t.match(exchange, { mayHaveLeft: false })
})

t.test('the shared key of these tests makes a real TLS connection', async (t) => {
  let encrypted = false
  const port = await listening(
    t,
    serverFor('https:', (request, response) => {
      encrypted = (request.socket as TLSSocket).encrypted
      response.end()
    }),
  )
  t.equal(await send(createExchange({}), { protocol: 'https:', port, ...CLIENT_TLS }), null)
  t.equal(encrypted, true)
})
