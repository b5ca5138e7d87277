// What a sender must be made of, by its provider, and how it is shown.

import type { Sender } from '@postern/contracts/http/sender'
import {
  type ChannelName,
  needsSecret,
  type Provider,
  type SenderSettings,
  settingsForm,
  settingsProblem,
} from '@postern/contracts/sender'
import { AppError } from '@postern/service-kit/app-error'
import { type Complaint, formOf } from '@postern/service-kit/form'
import { shownName } from '@postern/service-kit/http/validation'

/** Of one tenant and channel. */
export const MAX_SENDERS = 20

export interface SenderParts {
  readonly channel: ChannelName
  readonly provider: Provider
  readonly settings: Record<string, unknown>
  readonly secret: string | null
}

/** @throws AppError VALIDATION_FAILED; no value is repeated, as somebody may have put a credential there */
export function checkSender({ channel, provider, settings, secret }: SenderParts, production: boolean): void {
  const form = settingsForm(channel, provider)
  if (form === undefined) throw refusal('body.provider', 'does not bring messages of this channel')
  const complaint = formOf(form).complaint(settings)
  if (complaint !== undefined) throw complaintAbout(complaint)
  const found = settingsProblem(provider, settings as SenderSettings, production)
  if (found !== null) throw refusal(`body.settings.${found.field}`, found.problem)
  if (secret === null && needsSecret(provider))
    throw refusal('body.secret', 'must name the secret file of this sender')
}

function complaintAbout({ keyword, instancePath, params, message }: Complaint): AppError {
  const path = `body.settings${instancePath.replaceAll('/', '.')}`
  return keyword === 'additionalProperties'
    ? refusal(
        `${path}.${shownName(String(params.additionalProperty))}`,
        'is not known; a credential belongs into a secret file',
      )
    : refusal(path, message ?? 'is not valid')
}

const refusal = (path: string, problem: string) =>
  new AppError('VALIDATION_FAILED', { reason: `${path} ${problem}`, details: [{ path, problem }] })

export const noSuchSender = () => new AppError('NOT_FOUND', { reason: 'no such sender' })

export const showSender = (
  row: Omit<Sender, 'created_at' | 'updated_at'> & { created_at: Date; updated_at: Date },
): Sender => ({
  ...row,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
})
