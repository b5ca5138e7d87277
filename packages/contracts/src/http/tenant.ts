// Bodies of the operator's tenant and API-key routes.

import { type Static, Type } from 'typebox'
import { CHAIN_METHODS, FIRST_FACTORS } from '../challenge.ts'
import { SCOPES } from '../scopes.ts'
import { Instant, Locale, Nullable, Uuid } from './fields.ts'

const name = Type.String({ minLength: 1, maxLength: 100 })
const audience = Type.String({ minLength: 1, maxLength: 255 })
const allowedRedirects = Type.Array(Type.String({ minLength: 1, maxLength: 2048 }), {
  minItems: 1,
  maxItems: 50,
})
const browserHosts = Type.Array(
  Type.String({ minLength: 1, maxLength: 259, description: 'host name in lower case' }),
  { maxItems: 20, uniqueItems: true },
)
const linkTtl = Type.Integer({ minimum: 60, maximum: 900, description: 'seconds; 600 unless told' })

const firstFactors = Type.Array(Type.Enum([...FIRST_FACTORS]), {
  minItems: 1,
  uniqueItems: true,
  description: 'what a sign-in may begin with',
})
const chain = Type.Array(Type.Enum([...CHAIN_METHODS]), {
  maxItems: 4,
  uniqueItems: true,
  description: 'what a sign-in needs after its first factor, in this order',
})
const policy = Type.Object(
  { first_factors: Type.Optional(firstFactors), chain: Type.Optional(chain) },
  { additionalProperties: false },
)
const TestDestination = Type.Object(
  {
    to: Type.String({ minLength: 3, maxLength: 254 }),
    code: Type.String({ pattern: '^[0-9]{6}$' }),
  },
  { additionalProperties: false },
)
/** Settings of a tenant that may be left out when it is made, and changed later. */
const settings = {
  browser_hosts: Type.Optional(browserHosts),
  audience: Type.Optional(audience),
  link_ttl_seconds: Type.Optional(linkTtl),
  policy: Type.Optional(policy),
  test_destinations: Type.Optional(
    Type.Array(TestDestination, {
      maxItems: 20,
      description: 'addresses and numbers that get no message; the code proves them',
    }),
  ),
  default_locale: Type.Optional({
    ...Locale,
    description:
      'of messages that are asked for in none, or in one that nothing is written in; en unless told',
  }),
  session_idle_seconds: Type.Optional(
    Type.Integer({ minimum: 300, maximum: 7_776_000, description: 'seconds; 30 days unless told' }),
  ),
  session_absolute_seconds: Type.Optional(
    Type.Integer({ minimum: 300, maximum: 31_536_000, description: 'seconds; 90 days unless told' }),
  ),
  receipt_wait_seconds: Type.Optional(
    Nullable(
      Type.Integer({
        minimum: 10,
        maximum: 600,
        description:
          'how long a vendor’s receipt is waited for before another vendor is asked; null: it is not',
      }),
    ),
  ),
}

export const CreateTenantBody = Type.Object(
  {
    name,
    slug: Type.String({ pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' }),
    allowed_redirects: allowedRedirects,
    ...settings,
  },
  { additionalProperties: false },
)
export type CreateTenantBody = Static<typeof CreateTenantBody>

export const PatchTenantBody = Type.Object(
  {
    name: Type.Optional(name),
    allowed_redirects: Type.Optional(allowedRedirects),
    ...settings,
    is_active: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false, minProperties: 1 },
)
export type PatchTenantBody = Static<typeof PatchTenantBody>

export const Tenant = Type.Object({
  id: Uuid,
  name: Type.String(),
  slug: Type.String(),
  allowed_redirects: Type.Array(Type.String()),
  browser_hosts: Type.Array(Type.String()),
  audience: Type.String(),
  link_ttl_seconds: Type.Integer(),
  policy: Type.Object({
    first_factors: Type.Array(Type.Enum([...FIRST_FACTORS])),
    chain: Type.Array(Type.Enum([...CHAIN_METHODS])),
  }),
  test_destinations: Type.Array(TestDestination),
  session_idle_seconds: Type.Integer(),
  session_absolute_seconds: Type.Integer(),
  default_locale: Type.String(),
  receipt_wait_seconds: Nullable(Type.Integer()),
  is_active: Type.Boolean(),
  created_at: Instant,
})
export type Tenant = Static<typeof Tenant>

export const CreateApiKeyBody = Type.Object(
  {
    name,
    scopes: Type.Array(Type.Enum([...SCOPES]), { minItems: 1, uniqueItems: true }),
    expires_at: Type.Optional(Instant),
  },
  { additionalProperties: false },
)
export type CreateApiKeyBody = Static<typeof CreateApiKeyBody>

export const ApiKey = Type.Object({
  id: Uuid,
  name: Type.String(),
  prefix: Type.String(),
  scopes: Type.Array(Type.Enum([...SCOPES])),
  created_at: Instant,
  expires_at: Nullable(Instant),
  revoked_at: Nullable(Instant),
})
export type ApiKey = Static<typeof ApiKey>

export const CreatedApiKey = Type.Object({ ...ApiKey.properties, key: Nullable(Type.String()) })
