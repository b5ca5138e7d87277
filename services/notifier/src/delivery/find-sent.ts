// Before a message is sent a second time, the vendor of the first is asked whether it has it, where it can be asked. What it
// has is recorded as accepted and not sent again.

import type { TenantRun } from '@postern/db/with-tenant'
import type { Sender, Sighting } from '../sender/sender.ts'
import type { VendorChoice } from '../sender/vendor-router.ts'
import { recordFound } from './attempt-outcome.store.ts'
import type { Moment } from './channel.ts'
import type { Claim, UnsureAttempt } from './delivery.ts'
import { forgivePoison } from './poison.store.ts'

export type Search =
  /** `recorded` false: another worker had taken over. */
  | { readonly kind: 'found'; readonly attempt: UnsureAttempt; readonly recorded: boolean }
  /** Its vendor could not say and would be called next: it is asked again when the lease is over. */
  | { readonly kind: 'unclear'; readonly attempt: UnsureAttempt }

export interface SearchInput<Message> {
  readonly claim: Claim
  readonly run: TenantRun
  readonly vendors: VendorChoice<Message>
  readonly message: (moment: Moment) => Message
}

/** Well below the lease, which is renewed after it. */
const LOOK_MS = 4_000

/** A vendor's clock and the database's may differ. */
const SKEW_MS = 5 * 60_000

/** @returns null: nothing is in the way of sending it */
export async function findSent<Message>(input: SearchInput<Message>): Promise<Search | null> {
  const { claim, run, vendors } = input
  for (const attempt of claim.unsure) {
    const lookUp = vendors.vendor(attempt.key)?.lookUp
    if (lookUp === undefined) continue
    // The message could be made: what dies from here on is not its fault.
    await forgivePoison(run, claim)
    const seen = await look(lookUp, attempt, input)
    if (seen.kind === 'found') {
      const isAnswerable = vendors.vendor(attempt.key)?.statusOf !== undefined
      const own = { ...attempt, hasOther: vendors.hasOther(attempt.key, claim), isAnswerable }
      const recorded = (await recordFound(run, claim, own, seen.providerMessageId)) !== null
      return { kind: 'found', attempt, recorded }
    }
    // One that cannot say takes nothing either; another vendor need not wait for it.
    if (seen.kind === 'no_answer' && vendors.nextOf(claim) === attempt.key)
      return { kind: 'unclear', attempt }
  }
  return null
}

type LookUp<Message> = NonNullable<Sender<Message>['lookUp']>

/** Senders do not throw; what one throws may hold the key, and says nothing. */
async function look<Message>(
  lookUp: LookUp<Message>,
  { number, startedAt }: UnsureAttempt,
  { claim, message }: SearchInput<Message>,
): Promise<Sighting> {
  const sought = message({ attempt: number, secondsLeft: claim.secondsLeft })
  const since = new Date(startedAt.getTime() - SKEW_MS)
  try {
    return await lookUp(sought, since, AbortSignal.timeout(LOOK_MS))
  } catch {
    return { kind: 'no_answer' }
  }
}
