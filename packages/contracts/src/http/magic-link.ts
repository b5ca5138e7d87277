// Bodies of the magic-link routes.

import { type Static, Type } from 'typebox'
import { issueFields } from './challenge.ts'

export const IssueMagicLinkBody = Type.Object(
  {
    email: Type.String({ minLength: 3, maxLength: 254 }),
    ...issueFields,
    redirect_url: Type.Optional(Type.String({ minLength: 1, maxLength: 2048 })),
    code_challenge: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })),
    code_challenge_method: Type.Optional(Type.Literal('S256')),
  },
  { additionalProperties: false },
)
export type IssueMagicLinkBody = Static<typeof IssueMagicLinkBody>

export const VerifyMagicLinkBody = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: 512 }),
    code_verifier: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._~-]{43,128}$' })),
  },
  { additionalProperties: false },
)
export type VerifyMagicLinkBody = Static<typeof VerifyMagicLinkBody>

export const ResolveLinkBody = Type.Object(
  { token: Type.String({ minLength: 1, maxLength: 512 }) },
  { additionalProperties: false },
)
export const ResolvedLink = Type.Object({ tenant_name: Type.String(), redirect_url: Type.String() })
