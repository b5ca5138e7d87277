// `npm run bench`: sign-in over HTTP beside better-auth. `npm run bench -- delivery`: messages from the request to the vendor,
// and a backlog beside a BullMQ worker that does nothing but call the vendor.
// Absolute figures are this machine's; what counts is the ratio of two that ran side by side.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from '@postern/testkit/embedded-postgres'
import { freePort } from '@postern/testkit/free-port'
import { testRedis } from '@postern/testkit/redis'
import { benchDelivery } from './delivery/bench-delivery.ts'
import type { Ground } from './ground.ts'
import { benchSignIn } from './sign-in/bench-sign-in.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    // Of sign-in: how many of each kind a round, and by how many at a time.
    requests: { type: 'string', default: '3000' },
    connections: { type: 'string', default: '32' },
    // Of delivery: messages of the backlog.
    backlog: { type: 'string', default: '20000' },
    // Commits wait for the disk: then its fsync is what is measured, for both systems alike.
    durable: { type: 'boolean', default: false },
  },
})
const [rounds, requests, connections, backlog] = [
  Number(values.rounds),
  Number(values.requests),
  Number(values.connections),
  Number(values.backlog),
]

const undo: (() => unknown)[] = []
const scope = { teardown: (step: () => unknown) => void undo.push(step) }
try {
  const ground = await raise(values.durable)
  if (positionals[0] === 'delivery') await benchDelivery(ground, { rounds, backlog })
  else await benchSignIn(ground, { rounds, requests, connections, durable: values.durable })
} finally {
  for (const step of undo.reverse()) await step()
}

async function raise(durable: boolean): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-bench-'))
  scope.teardown(() => rm(folder, { recursive: true, force: true }))
  const postgres = await startPostgres({
    dataDir: join(folder, 'postgres'),
    port: await freePort(),
    durable,
  })
  scope.teardown(() => postgres.stop())
  const redis = await testRedis(scope)
  return { scope, folder, postgresUrl: postgres.url, redisUrl: redis.url }
}
