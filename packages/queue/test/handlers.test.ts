// The wiring of jobs is checked before anything starts.

import { QUEUES } from '@postern/contracts/queues'
import t from 'tap'
import { assertEveryQueueHandled } from '../src/handlers.ts'

const { deliverEmail, deliverSms, recordEvents } = QUEUES

t.test('one handler a queue starts', async (t) => {
  t.doesNotThrow(() =>
    assertEveryQueueHandled([deliverEmail, deliverSms], [{ queue: deliverSms }, { queue: deliverEmail }]),
  )
})

t.test(
  'a queue without a handler, with two, or of another service stops the start, all named at once',
  async (t) => {
    const handlers = [{ queue: deliverSms }, { queue: deliverSms }, { queue: recordEvents }]
    t.throws(() => assertEveryQueueHandled([deliverEmail, deliverSms], handlers), {
      code: 'QUEUE_MISCONFIGURED',
      reason:
        'deliver-email has no handler; deliver-sms has 2 handlers; record-events is not a queue of this service',
    })
  },
)
