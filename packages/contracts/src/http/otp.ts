// Bodies of the routes of one-time codes.

import { type Static, Type } from 'typebox'
import { Uuid } from './fields.ts'

export const VerifyOtpBody = Type.Object(
  { id: Uuid, code: Type.String({ pattern: '^[0-9]{6}$', description: 'six ASCII digits' }) },
  { additionalProperties: false },
)
export type VerifyOtpBody = Static<typeof VerifyOtpBody>
