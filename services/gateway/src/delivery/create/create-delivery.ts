// Takes a message of the tenant's own: reads whom it is for, decides by which template it is written, tries whether it can
// be, and seals it. What could not be sent is refused here, where somebody can still correct it.

import type { CreateDeliveryBody, DeliverySummary } from '@postern/contracts/http/delivery'
import type { TenantRun } from '@postern/db/with-tenant'
import { invalidField } from '@postern/service-kit/app-error'
import type { CallerTenant } from '@postern/service-kit/caller'
import type { Clock } from '@postern/service-kit/clock'
import type { Random } from '@postern/service-kit/random'
import type { KeyRing } from '@postern/token/key-ring'
import { seal } from '@postern/token/seal'
import { type Identifier, readEmail, readPhone } from '../../challenge/identifier.ts'
import { readSendAt } from '../../challenge/issue/read-wanted.ts'
import { recipientDigest, toldDigest } from '../../challenge/recipient-digest.ts'
import { type FoundTemplate, findTemplate } from '../../template/find-template.store.ts'
import { renderMessage } from '../../template/render-message.ts'
import { insertDelivery } from './create-delivery.store.ts'
import { LONGEST_LIFE_SECONDS, type NewDelivery, SHORTEST_LIFE_SECONDS } from './new-delivery.ts'

export interface CreateDeps {
  pepper: KeyRing
  sealing: KeyRing
  clock: Clock
  random: Random
}

export type CreateResult =
  | { kind: 'created'; delivery: DeliverySummary }
  | { kind: 'limited'; retryAfterSeconds: number }

/** What Postern itself sends by: only issuing has what these show. */
const OWN = new Set(['magic_link', 'otp'])

/** @throws AppError VALIDATION_FAILED: names the recipient, time, template or variable that cannot be */
export async function createDelivery(
  deps: CreateDeps,
  run: TenantRun,
  tenant: CallerTenant,
  body: CreateDeliveryBody,
): Promise<CreateResult> {
  const { channel } = body
  const identifier = channel === 'sms' ? readPhone(body.to, 'body.to') : readEmail(body.to, 'body.to')
  const times = readTimes(body, deps.clock.now())
  const template = await templateOf(run, tenant, body)
  const { variables = {} } = body
  renderMessage({ parts: template.parts, channel, variables, tenantName: tenant.name })
  const delivery = makeDelivery(deps, tenant, { body, identifier, template, ...times })
  const made = await insertDelivery(run, delivery)
  if (made.kind === 'limited') return made
  return {
    kind: 'created',
    delivery: {
      id: delivery.id,
      channel,
      status: made.status,
      template: template.name,
      challenge_id: null,
      send_at: made.sendAt.toISOString(),
      expires_at: made.expiresAt.toISOString(),
      created_at: made.createdAt.toISOString(),
    },
  }
}

function readTimes(body: CreateDeliveryBody, now: Date): Pick<NewDelivery, 'sendAt' | 'expiresAt'> {
  const sendAt = readSendAt(body.send_at, now)
  if (body.expires_at === undefined) return { sendAt, expiresAt: null }
  const expiresAt = new Date(body.expires_at)
  const life = (expiresAt.getTime() - (sendAt ?? now).getTime()) / 1_000
  if (!(life >= SHORTEST_LIFE_SECONDS && life <= LONGEST_LIFE_SECONDS)) {
    throw invalidField('body.expires_at', 'must lie between a minute and seven days after send_at')
  }
  return { sendAt, expiresAt }
}

async function templateOf(
  run: TenantRun,
  tenant: CallerTenant,
  { template: name, channel, locale }: CreateDeliveryBody,
): Promise<FoundTemplate> {
  if (OWN.has(name)) throw invalidField('body.template', 'is for what issuing sends')
  const found = await findTemplate(run, tenant.id, { name, channel, locale: locale ?? null })
  if (found === undefined) throw invalidField('body.template', 'is not there for this channel')
  return found
}

interface Wanted extends Pick<NewDelivery, 'sendAt' | 'expiresAt'> {
  body: CreateDeliveryBody
  identifier: Identifier
  template: FoundTemplate
}

function makeDelivery(
  { pepper, sealing, random }: CreateDeps,
  tenant: CallerTenant,
  { body, identifier, template, ...times }: Wanted,
): NewDelivery {
  const id = random.uuid()
  const { name, locale, version } = template
  const written = { name, locale, version }
  const { variables = {} } = body
  const content = JSON.stringify({ v: 1, to: identifier.address, template: written, variables })
  const where = { tenantId: tenant.id, table: 'deliveries', rowId: id }
  const sealed = seal(sealing, Buffer.from(content), where, random.bytes(12))
  const recipient = recipientDigest(pepper, tenant.id, identifier)
  return {
    tenantId: tenant.id,
    id,
    channel: body.channel,
    limitKey: identifier.limitKey,
    identifierDigest: toldDigest(recipient),
    recipientDigest: recipient,
    template: written,
    locale: body.locale ?? null,
    payload: sealed.box,
    payloadVersion: sealed.version,
    withheld: tenant.testDestinations.some(({ to }) => to === identifier.identityKey),
    ...times,
  }
}
