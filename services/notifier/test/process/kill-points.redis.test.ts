import { testRedis } from '@postern/testkit/redis'
import t from 'tap'
import { killPointSuite } from './kill-points.ts'

killPointSuite(t, async (t) => (await testRedis(t)).url)
