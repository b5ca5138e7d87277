// Whether a job's data has the form that its queue's contract gives it: ids and nothing else.

import type { QueueDefinition } from '@postern/contracts/queues'
import { Compile } from 'typebox/compile'

export function jobForm(definition: QueueDefinition): (data: unknown) => boolean {
  const form = Compile(definition.job)
  return (data) => form.Check(data)
}
