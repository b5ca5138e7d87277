// Changes what is named of a sender. Channel and provider stay: another vendor is another sender.

import type { PatchSenderBody, Sender } from '@postern/contracts/http/sender'
import type { TenantRun } from '@postern/db/with-tenant'
import { changeSender, findSender } from './sender.store.ts'
import { checkSender, noSuchSender, showSender } from './sender.ts'

export interface UpdateSenderInput {
  readonly tenantId: string
  readonly id: string
  readonly change: PatchSenderBody
  readonly production: boolean
}

/** @throws AppError NOT_FOUND, VALIDATION_FAILED */
export async function updateSender(run: TenantRun, input: UpdateSenderInput): Promise<Sender> {
  const { tenantId, id, change, production } = input
  const found = await findSender(run, tenantId, id)
  if (found === undefined) throw noSuchSender()
  const { channel, provider } = found
  const settings = change.settings ?? found.settings
  const secret = change.secret === undefined ? found.secret : change.secret
  checkSender({ channel, provider, settings, secret }, production)
  const row = await changeSender(run, tenantId, id, change)
  if (row === undefined) throw noSuchSender()
  return showSender(row)
}
