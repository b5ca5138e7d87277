// Reading one delivery with what was tried and what came back, in one look.

import type { TenantRun } from '@postern/db/with-tenant'
import { sql } from 'kysely'
import type { DeliveryFacts, DeliveryRef } from './delivery.ts'

/** Instants are as Postgres writes them into JSON. */
export interface AttemptFacts {
  number: number
  provider: string
  outcome: 'started' | 'accepted' | 'permanent' | 'retryable' | 'unknown'
  error_code: string | null
  started_at: string
  finished_at: string | null
  provider_message_id: string | null
}

export interface ReceiptFacts {
  status: string
  provider: string
  occurred_at: string
}

export interface WholeDelivery extends DeliveryFacts {
  attempts: AttemptFacts[]
  receipts: ReceiptFacts[]
}

export async function findDelivery(
  run: TenantRun,
  { tenantId, id }: DeliveryRef,
): Promise<WholeDelivery | undefined> {
  const [row] = await run(sql<WholeDelivery>`
    SELECT d.id, d.channel, d.status, d.template, d.challenge_id, d.send_at, d.expires_at, d.created_at,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('number', a.number, 'provider', a.provider,
                     'outcome', a.outcome, 'error_code', a.error_code, 'started_at', a.started_at,
                     'finished_at', a.finished_at, 'provider_message_id', a.provider_message_id) ORDER BY a.number), '[]')
              FROM attempts a WHERE a.tenant_id = d.tenant_id AND a.delivery_id = d.id) AS attempts,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('status', r.status, 'provider', r.provider,
                     'occurred_at', r.occurred_at) ORDER BY r.occurred_at, r.received_at), '[]')
              FROM webhook_receipts r WHERE r.tenant_id = d.tenant_id AND r.delivery_id = d.id) AS receipts
      FROM deliveries d WHERE d.tenant_id = ${tenantId}::uuid AND d.id = ${id}::uuid`)
  return row
}
