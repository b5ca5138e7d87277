import t from 'tap'
import { EMAIL } from '../channel-fixture.ts'
import { neverTwiceSuite } from './never-twice.ts'

neverTwiceSuite(t, EMAIL)
