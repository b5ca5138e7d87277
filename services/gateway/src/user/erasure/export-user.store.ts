// All that is held about a user, in one look: nothing of it is of another moment.

import type { DeliveryStatus, FactorMethod, Purpose } from '@postern/contracts/challenge'
import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import { USER_COLUMNS } from '../user.store.ts'
import type { UserFacts } from '../user.ts'

/** Instants are as Postgres writes them into JSON. */
export interface UserHoldings {
  user: UserFacts
  identifiers: { kind: string; identity_key: string; verified_at: string | null; created_at: string }[]
  sessions: HeldSession[]
  challenges: HeldChallenge[]
  messages: HeldMessage[]
  exported_at: Date
}

interface HeldSession {
  id: string
  kind: string
  user_agent: string | null
  address: string | null
  amr: FactorMethod[]
  acr: string
  created_at: string
  last_used_at: string
  expires_at: string
  ended_at: string | null
}

export interface HeldChallenge {
  id: string
  kind: string
  purpose: Purpose
  address: string
  metadata: Record<string, string>
  superseded: boolean
  revoked: boolean
  /** by the database's clock */
  expired: boolean
  created_at: string
  expires_at: string
  consumed_at: string | null
  delivery: { id: string; channel: 'email' | 'sms'; status: DeliveryStatus }
}

/** The tenant's own, apart from what they say: that is sealed, and gone once they are sent. */
interface HeldMessage {
  id: string
  channel: 'email' | 'sms'
  template: string
  status: DeliveryStatus
  send_at: string
  created_at: string
}

export interface Holder {
  tenantId: string
  userId: string
  /** keyed: what the tenant's own messages to the user are found by */
  recipients: readonly Buffer[]
}

type Row = UserFacts & Omit<UserHoldings, 'user'>

/** Undefined when there is no such user. */
export async function findHoldings(
  run: TenantRun,
  { tenantId, userId, recipients }: Holder,
): Promise<UserHoldings | undefined> {
  const [row] = await run(sql<Row>`
    SELECT ${USER_COLUMNS}, now() AS exported_at, ${identifiers} AS identifiers, ${sessions} AS sessions,
           ${challenges} AS challenges, ${messagesTo(recipients)} AS messages
      FROM users u WHERE u.tenant_id = ${tenantId}::uuid AND u.id = ${userId}::uuid`)
  if (row === undefined) return undefined
  const { identifiers: addresses, sessions: opened, challenges: issued, messages, exported_at, ...user } = row
  return { user, identifiers: addresses, sessions: opened, challenges: issued, messages, exported_at }
}

const identifiers = sql`(
  SELECT coalesce(jsonb_agg(jsonb_build_object('kind', i.kind, 'identity_key', i.identity_key,
           'verified_at', i.verified_at, 'created_at', i.created_at) ORDER BY i.created_at, i.kind), '[]')
    FROM identifiers i WHERE i.tenant_id = u.tenant_id AND i.user_id = u.id)`

const sessions = sql`(
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', s.id, 'kind', s.kind, 'user_agent', s.user_agent,
           'address', s.address, 'amr', s.amr, 'acr', s.acr, 'created_at', s.created_at,
           'last_used_at', s.last_used_at, 'expires_at', least(s.idle_expires_at, s.expires_at),
           'ended_at', s.revoked_at) ORDER BY s.created_at DESC, s.id), '[]')
    FROM sessions s WHERE s.tenant_id = u.tenant_id AND s.user_id = u.id)`

const challenges = sql`(
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'kind', c.kind, 'purpose', c.purpose,
           'address', c.address, 'metadata', c.metadata, 'created_at', c.created_at, 'expires_at', c.expires_at,
           'consumed_at', c.consumed_at, 'superseded', c.superseded_at IS NOT NULL,
           'revoked', c.revoked_at IS NOT NULL, 'expired', c.expires_at <= now(),
           'delivery', jsonb_build_object('id', d.id, 'channel', d.channel, 'status', d.status))
           ORDER BY c.created_at DESC, c.id), '[]')
    FROM identifiers i
    JOIN challenges c ON c.tenant_id = i.tenant_id AND c.identifier_kind = i.kind AND c.identity_key = i.identity_key
    JOIN deliveries d ON d.tenant_id = c.tenant_id AND d.id = c.delivery_id
   WHERE i.tenant_id = u.tenant_id AND i.user_id = u.id)`

const messagesTo = (recipients: readonly Buffer[]) => sql`(
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', m.id, 'channel', m.channel, 'template', m.template,
           'status', m.status, 'send_at', m.send_at, 'created_at', m.created_at) ORDER BY m.id DESC), '[]')
    FROM deliveries m
   WHERE m.tenant_id = u.tenant_id AND m.challenge_id IS NULL
     AND substring(m.recipient_digest FROM 1 FOR 32) = ANY (${recipients}::bytea[]))`
