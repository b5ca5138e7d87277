// Bodies of the operator's tenant and API-key routes.

import { type Static, Type } from 'typebox'
import { SCOPES } from '../scopes.ts'
import { Instant, Nullable, Uuid } from './fields.ts'

const name = Type.String({ minLength: 1, maxLength: 100 })
const audience = Type.String({ minLength: 1, maxLength: 255 })
const allowedRedirects = Type.Array(Type.String({ minLength: 1, maxLength: 2048 }), {
  minItems: 1,
  maxItems: 50,
})
const browserHosts = Type.Array(Type.String({ minLength: 1, maxLength: 253 }), { maxItems: 20 })
const linkTtl = Type.Integer({ minimum: 60, maximum: 900, description: 'seconds; 600 unless told' })

export const CreateTenantBody = Type.Object(
  {
    name,
    slug: Type.String({ pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$' }),
    allowed_redirects: allowedRedirects,
    browser_hosts: Type.Optional(browserHosts),
    audience: Type.Optional(audience),
    link_ttl_seconds: Type.Optional(linkTtl),
  },
  { additionalProperties: false },
)
export type CreateTenantBody = Static<typeof CreateTenantBody>

export const PatchTenantBody = Type.Object(
  {
    name: Type.Optional(name),
    allowed_redirects: Type.Optional(allowedRedirects),
    browser_hosts: Type.Optional(browserHosts),
    audience: Type.Optional(audience),
    link_ttl_seconds: Type.Optional(linkTtl),
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
