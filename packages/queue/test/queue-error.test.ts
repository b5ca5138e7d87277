// A backend's error is reduced to a code before anybody logs it.

import t from 'tap'
import { failureCode, QueueError } from '../src/queue-error.ts'

const replyError = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' })
const coded = (code: string | number, message = 'secret') => Object.assign(new Error(message), { code })

t.test('an error becomes its code, whoever made it', async (t) => {
  t.equal(failureCode(coded('ECONNREFUSED')), 'ECONNREFUSED')
  t.equal(failureCode(coded('57P01')), '57P01')
  t.equal(failureCode(coded(-2)), 'BULLMQ_2')
  t.equal(failureCode(replyError('WRONGPASS invalid username-password pair')), 'WRONGPASS')
  t.equal(failureCode(replyError('READONLY')), 'READONLY')
  t.equal(
    failureCode(new Error("Stream isn't writeable and enableOfflineQueue options is false")),
    'NOT_CONNECTED',
  )
  t.equal(failureCode(new Error('Command timed out')), 'TIMEOUT')
  t.equal(failureCode(new Error('could not renew lock for job 1')), 'LOCK_LOST')
  t.equal(failureCode(new QueueError('QUEUE_UNAVAILABLE', 'queue_add_timed_out')), 'queue_add_timed_out')
})

t.test('no text that may hold data gets through', async (t) => {
  const canary = 'canary-3f1c'
  for (const error of [
    new Error(canary),
    new TypeError(canary),
    replyError(canary),
    replyError(`ERR ${canary}`),
    coded(`${canary} with spaces`),
    canary,
    null,
    { message: canary },
  ]) {
    t.notMatch(failureCode(error), canary)
  }
})
