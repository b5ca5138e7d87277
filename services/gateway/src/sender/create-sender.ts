// Puts a sender on the list of a tenant's channel.

import type { CreateSenderBody, Sender } from '@postern/contracts/http/sender'
import type { TenantRun } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import type { Effect } from '../idempotency/run-once.ts'
import { insertSender } from './sender.store.ts'
import { checkSender, MAX_SENDERS, showSender } from './sender.ts'

export interface CreateSenderInput {
  readonly tenantId: string
  readonly id: string
  readonly body: CreateSenderBody
  readonly production: boolean
}

/** Refused with NOT_FOUND when there is no such tenant, CONFLICT when the list is full. @throws AppError VALIDATION_FAILED */
export async function createSender(run: TenantRun, input: CreateSenderInput): Promise<Effect<Sender>> {
  const { tenantId, id, body } = input
  const parts = {
    channel: body.channel,
    provider: body.provider,
    settings: body.settings,
    secret: body.secret ?? null,
  }
  checkSender(parts, input.production)
  const sender = { ...parts, tenantId, id, position: body.position ?? null, enabled: body.enabled ?? true }
  const row = await insertSender(run, sender, MAX_SENDERS)
  if (row === undefined)
    return { kind: 'refused', error: new AppError('NOT_FOUND', { reason: 'no such tenant' }) }
  if (row === 'full')
    return {
      kind: 'refused',
      error: new AppError('CONFLICT', { reason: 'the channel has all senders it may' }),
    }
  const shown = showSender(row)
  return { kind: 'done', answer: shown, repeat: shown, status: 201 }
}
