// Bodies of the routes of one-time codes.

import { type Static, Type } from 'typebox'
import { issueFields } from './challenge.ts'
import { Uuid } from './fields.ts'

export const VerifyOtpBody = Type.Object(
  { id: Uuid, code: Type.String({ pattern: '^[0-9]{6}$', description: 'six ASCII digits' }) },
  { additionalProperties: false },
)
export type VerifyOtpBody = Static<typeof VerifyOtpBody>

export const IssueOtpBody = Type.Object(
  {
    channel: Type.Enum(['email', 'sms']),
    to: Type.String({
      minLength: 3,
      maxLength: 254,
      description: 'an e-mail address, or a phone number in international form',
    }),
    ...issueFields,
  },
  { additionalProperties: false },
)
export type IssueOtpBody = Static<typeof IssueOtpBody>
