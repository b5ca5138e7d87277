// `npm run bench`: links, codes and sessions over HTTP, Postern and better-auth in turn on one Postgres, and the token crypto.
// Absolute figures are this machine's; what counts is the ratio of two that ran side by side.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from '@postern/testkit/embedded-postgres'
import { freePort } from '@postern/testkit/free-port'
import { testRedis } from '@postern/testkit/redis'
import { measureTokenCrypto } from './measure-token-crypto.ts'
import { startBetterAuth } from './peer/better-auth.peer.ts'
import { startPostern } from './peer/postern.peer.ts'
import { report } from './report.ts'
import { runRounds } from './run-rounds.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '3000' },
    connections: { type: 'string', default: '32' },
    // Commits wait for the disk: then its fsync is what is measured, for both systems alike.
    durable: { type: 'boolean', default: false },
  },
})
const plan = {
  rounds: Number(values.rounds),
  requests: Number(values.requests),
  connections: Number(values.connections),
  durable: values.durable,
}

const undo: (() => unknown)[] = []
const scope = { teardown: (step: () => unknown) => void undo.push(step) }
try {
  const folder = await mkdtemp(join(tmpdir(), 'postern-bench-'))
  scope.teardown(() => rm(folder, { recursive: true, force: true }))
  const postgres = await startPostgres({
    dataDir: join(folder, 'postgres'),
    port: await freePort(),
    durable: plan.durable,
  })
  scope.teardown(() => postgres.stop())
  const redis = await testRedis(scope)
  const peers = {
    postern: await startPostern(scope, { folder, postgresUrl: postgres.url, redisUrl: redis.url }),
    betterAuth: await startBetterAuth(scope, postgres.url),
  }
  const crypto = await measureTokenCrypto()
  const rounds = await runRounds(peers, plan)
  await report({ plan, rounds, crypto })
} finally {
  for (const step of undo.reverse()) await step()
}
