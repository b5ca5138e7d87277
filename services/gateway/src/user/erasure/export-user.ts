// Tells all that is held about a user, as they may ask for it.

import type { UserExport } from '@postern/contracts/http/user'
import type { TenantRun } from '@postern/db/with-tenant'
import type { KeyRing } from '@postern/token/key-ring'
import { statusOf } from '../../challenge/challenge.ts'
import { recipientDigests } from '../../challenge/recipient-digest.ts'
import { noSuchUser, showUserRecord } from '../user.ts'
import { findIdentifiers } from './erase-user.store.ts'
import { findHoldings, type HeldChallenge } from './export-user.store.ts'

/** @throws AppError NOT_FOUND */
export async function exportUser(
  { pepper }: { pepper: KeyRing },
  run: TenantRun,
  tenantId: string,
  id: string,
): Promise<UserExport> {
  const known = await findIdentifiers(run, tenantId, id)
  const recipients = known.flatMap((one) => recipientDigests(pepper, tenantId, one))
  const held = await findHoldings(run, { tenantId, userId: id, recipients })
  if (held === undefined) throw noSuchUser()
  return {
    user: showUserRecord(held.user),
    identifiers: held.identifiers.map((one) => ({
      ...one,
      verified_at: perhaps(one.verified_at),
      created_at: instant(one.created_at),
    })),
    sessions: held.sessions.map((one) => ({
      ...one,
      created_at: instant(one.created_at),
      last_used_at: instant(one.last_used_at),
      expires_at: instant(one.expires_at),
      ended_at: perhaps(one.ended_at),
    })),
    challenges: held.challenges.map(showChallenge),
    messages: held.messages.map((one) => ({
      ...one,
      send_at: instant(one.send_at),
      created_at: instant(one.created_at),
    })),
    exported_at: held.exported_at.toISOString(),
  }
}

function showChallenge({
  superseded,
  revoked,
  expired,
  ...held
}: HeldChallenge): UserExport['challenges'][number] {
  const consumedAt = held.consumed_at === null ? null : new Date(held.consumed_at)
  return {
    ...held,
    status: statusOf({ consumedAt, superseded, revoked, expired }),
    created_at: instant(held.created_at),
    expires_at: instant(held.expires_at),
    consumed_at: perhaps(held.consumed_at),
  }
}

const instant = (text: string) => new Date(text).toISOString()
const perhaps = (text: string | null) => (text === null ? null : instant(text))
