// What the notifier would have mailed: opened as it would open it, and recorded as sent, so that each secret is taken once:
// nobody proves what was never sent to them.

import type { KeyRing } from '@postern/token/key-ring'
import { open } from '@postern/token/seal'
import type pg from 'pg'

export interface Mailed {
  tokens: string[]
  codes: { id: string; code: string }[]
}

export async function takeMailed(pool: pg.Pool, ring: KeyRing): Promise<Mailed> {
  const { rows } = await pool.query(
    `WITH sealed AS (
       SELECT tenant_id, id, challenge_id, payload, payload_version FROM deliveries WHERE payload IS NOT NULL
     ), wiped AS (
       UPDATE deliveries d SET status = 'accepted', payload = NULL, due_at = NULL FROM sealed s WHERE d.tenant_id = s.tenant_id AND d.id = s.id
     )
     SELECT * FROM sealed`,
  )
  const mailed: Mailed = { tokens: [], codes: [] }
  for (const { tenant_id, id, challenge_id, payload, payload_version } of rows) {
    const where = { tenantId: tenant_id, table: 'deliveries', rowId: id }
    const message = JSON.parse(open(ring, payload_version, payload, where).toString())
    if (message.code) mailed.codes.push({ id: challenge_id, code: message.code })
    else mailed.tokens.push(message.link.slice(message.link.indexOf('#') + 1))
  }
  return mailed
}
