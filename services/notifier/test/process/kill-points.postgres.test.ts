import t from 'tap'
import { killPointSuite } from './kill-points.ts'

killPointSuite(t, async () => undefined)
