// The edge between a record-events job and the trail.

import type { RecordEventsJob } from '@postern/contracts/queues'
import { done, skipped } from '@postern/queue/job-outcome'
import type { JobHandler } from '@postern/queue/worker'
import { type RecordEventsDeps, recordEvents } from './record-events.ts'

/**
 * A batch that another job recorded meanwhile is skipped. While the database is away the job fails: nothing of the batch
 * has moved, and the relay names those events again ten seconds after it last did.
 */
export function recordEventsJob(deps: RecordEventsDeps): JobHandler<RecordEventsJob> {
  return async ({ event_ids }) =>
    (await recordEvents(deps, event_ids)) > 0 ? done : skipped('recorded_before')
}
