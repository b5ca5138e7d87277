// Takes what a verified call told: applies it tenant by tenant, a few hundred at a time, each in one round trip. What was
// committed stays when a later part fails; the vendor repeats the call, and what is known by then is a duplicate.

import type { GatewayDatabase } from '@postern/db/databases/gateway.database'
import type { Database } from '@postern/db/pool'
import { applyReceipts, type ReceiptResult } from '@postern/db/receipt.store'
import type { TenantScope } from '@postern/db/tenant-scope'
import { alone } from '@postern/db/with-tenant'
import type { Failpoint } from '@postern/service-kit/failpoint'
import type { Metrics } from '@postern/telemetry/metric-names'
import type { ReceiptSender } from './find-receipt-sender.ts'
import type { Reading, TenantReceipt } from './make-receipt.ts'

export interface ReceiveDeps {
  readonly database: Database<GatewayDatabase>
  readonly metrics: Metrics
  readonly failpoint: Failpoint
  /** Tells the relay that a message is due again. */
  readonly nudge: () => void
}

/** Each delivery of a part is locked until it is committed. */
const MOST_AT_ONCE = 400

type Outcome = ReceiptResult['result'] | 'ignored' | 'other_tenant'

/** `scopeOf`: under which actor, request and trace a tenant's part is applied. */
export async function receiveReceipts(
  deps: ReceiveDeps,
  sender: ReceiptSender,
  reading: Reading,
  scopeOf: (tenantId: string) => TenantScope,
): Promise<void> {
  const { provider, senderId } = sender
  const count = (outcome: Outcome, n = 1) => n > 0 && deps.metrics.receipts.add(n, { provider, outcome })
  // A tenant's own sender speaks of that tenant alone, whatever its events say.
  const isTheirs = ({ tenantId }: TenantReceipt) => sender.tenantId === null || tenantId === sender.tenantId
  const theirs = reading.receipts.filter(isTheirs)
  count('ignored', reading.ignored)
  count('unplaced', reading.unplaced)
  count('other_tenant', reading.receipts.length - theirs.length)
  deps.failpoint('K10')
  for (const [tenantId, receipts] of Map.groupBy(theirs, (receipt) => receipt.tenantId)) {
    const run = alone(deps.database, scopeOf(tenantId))
    for (let at = 0; at < receipts.length; at += MOST_AT_ONCE) {
      const part = receipts.slice(at, at + MOST_AT_ONCE)
      const results = await applyReceipts(run, { tenantId, provider, senderId, receipts: part })
      for (const { result } of results) count(result)
      if (results.some(({ moved }) => moved === 'pending')) deps.nudge()
    }
  }
  deps.failpoint('K11')
}
