// Whether a job's data has the form that its queue's contract gives it: ids and nothing else.

import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

export function jobForm(schema: TSchema): (data: unknown) => boolean {
  const form = Compile(schema)
  return (data) => form.Check(data)
}
