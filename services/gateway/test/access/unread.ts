// Whether Postgres was asked: by the connections that requests take from the gateway's pool.

import { until } from '@postern/testkit/poll'
import type { Gateway } from '../setup.ts'

/**
 * Until `asking` has taken no connection. While its feed is late a gateway rightly asks each time, and on a busy machine
 * that happens: what is answered from memory is so soon afterwards, and what is not never is.
 */
export async function untilUnread(gateway: Gateway, asking: () => Promise<unknown>): Promise<void> {
  const { pool } = gateway.context.database
  const once = async () => {
    let reads = 0
    const count = () => void reads++
    pool.on('acquire', count)
    await asking()
    pool.off('acquire', count)
    return reads === 0
  }
  await until(once, { deadlineMs: 30_000, what: 'answers without a read' })
}
