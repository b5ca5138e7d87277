// The URL chooses the backend, and never shows up in what is thrown.

import { capturedLogger } from '@postern/testkit/captured-logs'
import t from 'tap'
import { openQueueConnection } from '../src/connection.ts'

const { logger } = capturedLogger()
const open = (url: string, prefix = '{postern}') => openQueueConnection({ url, prefix, name: 'test', logger })

t.test('redis and postgres URLs open their backend without an answer from it', async (t) => {
  for (const [url, kind] of [
    ['redis://127.0.0.1:1', 'redis'],
    ['rediss://127.0.0.1:1', 'redis'],
    ['postgres://127.0.0.1:1/x', 'postgres'],
    ['postgresql://127.0.0.1:1/x', 'postgres'],
  ] as const) {
    const connection = await open(url)
    t.equal(connection.backend.kind, kind)
    await connection.close()
  }
})

t.test('any other URL is refused without repeating it', async (t) => {
  for (const url of ['mysql://user:canary@host/db', 'canary', '', 'http://canary']) {
    await t.rejects(open(url), {
      message: 'QUEUE_MISCONFIGURED: the queue URL must be redis://, rediss:// or postgres://',
    })
  }
})

t.test('a prefix without a hash tag is refused: a Redis Cluster would refuse its jobs', async (t) => {
  for (const prefix of ['postern', '', '{}', 'a{postern}', '{a:b}']) {
    await t.rejects(open('redis://127.0.0.1:1', prefix), { code: 'QUEUE_MISCONFIGURED' })
  }
})
