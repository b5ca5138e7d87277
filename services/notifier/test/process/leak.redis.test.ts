import { execFile } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type TestRedis, testRedis } from '@postern/testkit/redis'
import t from 'tap'
import { leakSuite } from './leak.ts'

const run = promisify(execFile)
let redis: TestRedis | undefined

leakSuite(
  t,
  async (t) => {
    redis = await testRedis(t, { args: ['--rdbcompression', 'no'] })
    return redis.url
  },
  async () => {
    const file = join(tmpdir(), `postern-leak-${redis?.port}.rdb`)
    await run('redis-cli', ['-p', String(redis?.port), '--rdb', file])
    try {
      return await readFile(file, 'latin1')
    } finally {
      await rm(file)
    }
  },
)
