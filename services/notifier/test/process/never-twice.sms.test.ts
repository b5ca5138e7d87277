import t from 'tap'
import { SMS } from '../channel-fixture.ts'
import { neverTwiceSuite } from './never-twice.ts'

neverTwiceSuite(t, SMS)
