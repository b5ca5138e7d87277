import t from 'tap'
import { dumpTables, leakSuite } from './leak.ts'

leakSuite(
  t,
  async () => undefined,
  (h) => dumpTables(h, 'bullmq'),
)
