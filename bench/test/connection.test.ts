// The load's own HTTP: whatever the pieces in which an answer comes, it is read whole, and a broken connection is no answer.

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { Connection, readAnswer, wireOf } from '../src/connection.ts'

const BODY = JSON.stringify({ success: true, data: 'x'.repeat(300) })

const answers: Record<string, (response: ServerResponse) => void> = {
  '/length': (response) => response.writeHead(202, { 'content-length': BODY.length }).end(BODY),
  '/chunks': (response) => {
    response.writeHead(200, { 'set-cookie': 'a=b; path=/' })
    for (const part of BODY.match(/.{1,70}/g) ?? []) response.write(part)
    response.end()
  },
  '/nothing': (response) => response.writeHead(204).end(),
  '/broken': (response) => response.destroy(),
}

async function listen(t: Test): Promise<string> {
  const server = createServer(({ url = '', headers, method }, response) => {
    t.match(headers, { host: /^127/, 'x-own': 'yes' })
    t.equal(method === 'POST', headers['content-length'] === '2')
    answers[url]?.(response)
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('a server of Node is asked again and again on one connection', async (t) => {
  const url = await listen(t)
  const connection = new Connection(url)
  t.teardown(() => connection.close())
  const ask = (path: string, body?: string) =>
    connection.ask(
      wireOf(
        { method: body ? 'POST' : 'GET', path, headers: { 'x-own': 'yes' }, ...(body && { body }) },
        url,
      ),
    )
  for (let round = 0; round < 2; round++) {
    const [length, chunks, nothing] = [
      await ask('/length', '{}'),
      await ask('/chunks'),
      await ask('/nothing'),
    ]
    t.strictSame([length.status, length.body], [202, BODY])
    t.strictSame([chunks.status, chunks.body], [200, BODY])
    t.match(chunks.head, /set-cookie: a=b/i)
    t.strictSame([nothing.status, nothing.body], [204, ''])
  }
  await t.rejects(ask('/broken'), /closed/)
  await t.rejects(ask('/length'), /closed/)
})

t.test('an answer is whole when its last byte is there, and not before', async (t) => {
  const whole = [
    `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello`,
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`,
  ]
  for (const text of whole) {
    for (let at = 0; at < text.length; at++) t.equal(readAnswer(text.slice(0, at)), undefined)
    const answer = readAnswer(text)
    t.strictSame([answer?.status, answer?.body], [200, 'hello'])
  }
})

t.test('what is no answer is never taken for one', async (t) => {
  const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
  const boundless = 'HTTP/1.1 200 OK\r\n\r\nhello'
  for (const text of [
    boundless,
    'garbage\r\n\r\n',
    'HTTP/1.1 abc OK\r\n\r\n',
    `${chunked}x\r\nhello\r\n0\r\n\r\n`,
  ])
    t.throws(() => readAnswer(text))
})
