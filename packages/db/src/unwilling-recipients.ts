// Whoever bounced, complained or opted out gets nothing more: parts of the statements that learn of it, from a receipt or from a
// vendor's refusal.

import { type RawBuilder, sql } from 'kysely'

/**
 * The CTE `listed`: who is on the suppression list since now. Before it the statement has `unwilling`, a row for each recipient:
 * `channel, recipient_digest, reason, provider`, and the `id` and `traceparent` of the delivery that told.
 */
export const listedRecipients = (tenantId: string): RawBuilder<unknown> => sql`
  listed AS (
    INSERT INTO suppressions (tenant_id, channel, recipient_digest, reason, provider)
    SELECT ${tenantId}::uuid, u.channel, u.recipient_digest, u.reason, u.provider FROM unwilling u
    ON CONFLICT DO NOTHING RETURNING id, channel, recipient_digest
  )`

/** Rows for the outbox: `tenant_id, kind, subject, outcome, reason, traceparent, data`. */
export const listedEvents = (tenantId: string): RawBuilder<unknown> => sql`
  SELECT ${tenantId}::uuid, 'suppression.created', 'suppression:' || l.id, 'success', u.reason, u.traceparent,
         jsonb_build_object('channel', l.channel, 'provider', u.provider, 'delivery_id', u.id)
    FROM listed l JOIN unwilling u ON u.channel = l.channel AND u.recipient_digest = l.recipient_digest`
