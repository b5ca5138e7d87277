import t from 'tap'
import { SMS } from '../channel-fixture.ts'
import { killPointSuite } from './kill-points.ts'

killPointSuite(t, async () => undefined, SMS)
