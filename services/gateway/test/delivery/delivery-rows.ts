// Deliveries of a tenant's own in any state, put there by a superuser. The gateway's relay leaves them alone.

import { randomBytes } from 'node:crypto'
import { systemRandom } from '@postern/service-kit/random'
import type pg from 'pg'

export interface RowInput {
  id?: string
  status?: string
  channel?: 'email' | 'sms'
  /** seconds from now */
  sendIn?: number
  expiresIn?: number
  payload?: Buffer | null
  fence?: number
}

export async function givenDelivery(
  admin: pg.Pool,
  { id: tenantId }: { id: string },
  row: RowInput = {},
): Promise<string> {
  const {
    id = systemRandom.uuid(),
    status = 'pending',
    channel = 'email',
    sendIn = 0,
    expiresIn = 600,
    fence = 0,
  } = row
  const { payload = randomBytes(40) } = row
  await admin.query(
    `INSERT INTO deliveries (tenant_id, id, channel, template, status, decoy, payload, payload_version, send_at,
       expires_at, due_at, fence)
     VALUES ($1, $2, $3, 'notice', $4, false, $5, 1, now() + $6 * interval '1 s', now() + $7 * interval '1 s',
       now() + interval '1 hour', $8)`,
    [tenantId, id, channel, status, payload, sendIn, expiresIn, fence],
  )
  return id
}

export async function givenAttempt(
  admin: pg.Pool,
  { id: tenantId }: { id: string },
  deliveryId: string,
  outcome: string,
): Promise<void> {
  await admin.query(
    `INSERT INTO attempts (tenant_id, delivery_id, number, provider, fence, outcome)
     SELECT $1, $2, count(*) + 1, 'sendgrid', 1, $3 FROM attempts WHERE delivery_id = $2`,
    [tenantId, deliveryId, outcome],
  )
}

export interface RowState {
  status: string
  hasPayload: boolean
  fence: number
  poisoned: number
  send_at: Date
  expires_at: Date
  due_at: Date | null
}

export async function rowOf(admin: pg.Pool, deliveryId: string): Promise<RowState> {
  const { rows } = await admin.query<RowState>(
    `SELECT status, payload IS NOT NULL AS "hasPayload", fence::integer, poisoned, send_at, expires_at, due_at
       FROM deliveries WHERE id = $1`,
    [deliveryId],
  )
  const [row] = rows
  if (row === undefined) throw new Error('no such delivery')
  return row
}
