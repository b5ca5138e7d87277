// The relay's store in memory, to the contract of packages/db: a row that was handed out may be driven again after `aheadMs`,
// until it is finished.

import { randomUUID } from 'node:crypto'
import type { Channel, DrivenDelivery, RelayStore } from '../../src/relay/relay-store.ts'

interface Row {
  tenantId: string
  deliveryId: string
  channel: Channel
  traceparent: string | null
  status: 'pending' | 'sending' | 'queued' | 'done' | 'expired'
  drive: number
  queuedAt: Date
  dueAt: number
  expiresAt: number
}

export function memoryStore({ aheadMs = 10_000 } = {}) {
  const rows = new Map<string, Row>()
  const events = new Map<string, number>()
  const calls: Record<string, number> = {}
  const fault: { error?: Error } = {}
  const counted = (name: string) => {
    calls[name] = (calls[name] ?? 0) + 1
    if (fault.error) throw fault.error
  }
  const due = (status: Row['status'], batch: number) =>
    [...rows.values()]
      .filter((row) => row.status === status && row.dueAt <= Date.now() && row.expiresAt > Date.now())
      .toSorted((a, b) => a.dueAt - b.dueAt)
      .slice(0, batch)
  const ahead = () => Date.now() + aheadMs
  const driven = ({ tenantId, deliveryId, channel, drive, queuedAt, traceparent }: Row): DrivenDelivery => {
    return { tenantId, deliveryId, channel, drive, queuedAt, traceparent }
  }
  const drive = (row: Row) =>
    Object.assign(row, { status: 'queued', drive: row.drive + 1, queuedAt: new Date(), dueAt: ahead() })
  const store: RelayStore = {
    async claimDue(batch) {
      counted('claimDue')
      return [...due('pending', batch), ...due('sending', batch)].slice(0, batch).map((row) => {
        const leaseEnded = row.status === 'sending'
        return { ...driven(drive(row)), leaseEnded }
      })
    },
    async redriveLost(channel, queuedBefore, batch) {
      counted('redriveLost')
      const before = queuedBefore?.getTime() ?? Number.POSITIVE_INFINITY
      const isLost = (row: Row) => row.channel === channel && row.queuedAt.getTime() <= before
      return due('queued', Number.POSITIVE_INFINITY)
        .filter(isLost)
        .slice(0, batch)
        .map((row) => driven(drive(row)))
    },
    async expireDue(_batch, ofQueue) {
      counted('expireDue')
      const over = [...rows.values()].filter((row) => row.status !== 'done' && row.status !== 'expired')
      const ended = over.filter((row) => row.expiresAt <= Date.now() && (row.status === 'queued') === ofQueue)
      for (const row of ended) row.status = 'expired'
      return ended.length
    },
    async reviewHeld() {
      counted('reviewHeld')
      return 0
    },
    async claimEvents(batch) {
      counted('claimEvents')
      const ids = [...events].filter(([, at]) => at <= Date.now()).slice(0, batch)
      for (const [id] of ids) events.set(id, ahead())
      return ids.map(([id]) => id)
    },
    async gauges() {
      counted('gauges')
      const nothing = { oldestPendingSeconds: 0, oldestEventSeconds: 0, deadLetters: 0 }
      return { pending: rows.size, events: events.size, ...nothing }
    },
  }
  return {
    store,
    rows,
    events,
    calls,
    fault,
    add(change: Partial<Row> = {}): Row {
      const row: Row = {
        tenantId: randomUUID(),
        deliveryId: randomUUID(),
        channel: 'email',
        traceparent: null,
        status: 'pending',
        drive: 0,
        queuedAt: new Date(0),
        dueAt: 0,
        expiresAt: Number.POSITIVE_INFINITY,
        ...change,
      }
      rows.set(row.deliveryId, row)
      return row
    },
    /** The worker's fence: true once for each delivery. */
    finish(deliveryId: string): boolean {
      const row = rows.get(deliveryId)
      if (row?.status !== 'queued') return false
      row.status = 'done'
      return true
    },
  }
}
