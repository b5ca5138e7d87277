// Lists a tenant's senders in the order in which they are asked. They are few: there is one page.

import type { Sender } from '@postern/contracts/http/sender'
import type { ChannelName } from '@postern/contracts/sender'
import type { TenantRun } from '@postern/db/with-tenant'
import { readSenders } from './sender.store.ts'
import { showSender } from './sender.ts'

/** `channel` null: of all. */
export async function listSenders(
  run: TenantRun,
  tenantId: string,
  channel: ChannelName | null,
): Promise<{ items: Sender[]; next_cursor: null }> {
  return { items: (await readSenders(run, tenantId, channel)).map(showSender), next_cursor: null }
}
