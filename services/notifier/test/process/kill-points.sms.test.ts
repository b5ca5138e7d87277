import t from 'tap'
import { SMS } from '../channel-fixture.ts'
import { killPointSuite } from './kill-points.ts'

// Where the channels differ: between an attempt's beginning and its outcome. Twilio is asked, so nothing is sent twice.
killPointSuite(t, async () => undefined, SMS, { K6: 0, K7: 0, K8: 0 })
