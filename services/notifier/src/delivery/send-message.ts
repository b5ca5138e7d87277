// One vendor call, between its attempt's beginning and its outcome in Postgres.

import { setTimeout as pause } from 'node:timers/promises'
import type { TenantRun } from '@postern/db/with-tenant'
import type { Clock } from '@postern/service-kit/clock'
import type { Failpoint } from '@postern/service-kit/failpoint'
import type { Random } from '@postern/service-kit/random'
import { NOT_BEGUN, type Sender, type SendOutcome } from '../sender/sender.ts'
import type { Route, VendorChoice } from '../sender/vendor-router.ts'
import { type AskedVendor, startAttempt } from './attempt.store.ts'
import { recordOutcome } from './attempt-outcome.store.ts'
import type { Moment } from './channel.ts'
import { deadlineIn } from './deadline.ts'
import type { Attempt, Claim, Ending } from './delivery.ts'
import { endingOf, pauseMs } from './ending.ts'
import { forgivePoison } from './poison.store.ts'
import { endWithoutOther, postponeDelivery } from './postpone.store.ts'

export interface SendDeps {
  readonly clock: Clock
  readonly random: Random
  readonly failpoint: Failpoint
  /** For the vendor call and what leads to it, in milliseconds; well below the lease. */
  readonly callMs: number
}

export type Sent =
  /** Not called: the lease, the time or the challenge ended just before. */
  | { readonly kind: 'stopped' }
  /** No vendor may be called now. `recorded` false: another worker had taken over. */
  | { readonly kind: 'postponed'; readonly retryInMs: number; readonly recorded: boolean }
  /** It was to go by another vendor, and none is listed any more. `status` null: another worker had taken over. */
  | { readonly kind: 'no_other'; readonly status: string | null }
  /** `seconds`: since it was due. */
  | { readonly kind: 'called'; readonly attempt: Attempt; readonly ending: Ending; readonly seconds: number }
  /** The vendor was called, but another worker had taken over: nothing was recorded. */
  | { readonly kind: 'fenced'; readonly attempt: Attempt; readonly ending: Ending }

export interface SendInput<Message> {
  readonly claim: Claim
  readonly claimedAt: Date
  readonly run: TenantRun
  readonly vendors: VendorChoice<Message>
  readonly message: (moment: Moment) => Message
}

/** A call that begins later than this after its attempt was recorded could outlive the lease. */
const SLOWEST_START_MS = 1_500

/** A database that is away for a moment must make neither a second send nor a poisoned message. Milliseconds. */
const AGAIN_MS = [200, 400, 800, 1_600, 3_200]

export async function sendMessage<Message>(deps: SendDeps, input: SendInput<Message>): Promise<Sent> {
  const { vendors, claim, run } = input
  const route = await vendors.route(claim)
  if (route === null) {
    // Every vendor that is listed took it; there was another one when it was turned back.
    const isOver = claim.takenBy.length > 0 && vendors.nextOf(claim) === undefined
    if (isOver) return { kind: 'no_other', status: await endWithoutOther(run, claim) }
    return postpone(deps, input)
  }
  // From before the lease is renewed, so that the call is over before the lease is.
  const deadline = deadlineIn(deps.callMs)
  const began = deps.clock.now().getTime()
  try {
    return await sendBy(route, deps, { ...input, began, signal: deadline.signal })
  } finally {
    deadline.release()
    route.pass.leave()
  }
}

interface TimedInput<Message> extends SendInput<Message> {
  /** Milliseconds, by the clock. */
  readonly began: number
  readonly signal: AbortSignal
}

async function sendBy<Message>(
  { vendor, pass, hasAnother }: Route<Message>,
  deps: SendDeps,
  input: TimedInput<Message>,
): Promise<Sent> {
  const { claim, run, began, signal } = input
  const { clock, callMs } = deps
  const { sender, senderId } = vendor
  const attempt = await begin(run, claim, {
    provider: sender.provider,
    senderId,
    hasOther: input.vendors.hasOther(vendor.key, claim),
    isAnswerable: sender.statusOf !== undefined,
  })
  if (attempt === null) return { kind: 'stopped' }
  deps.failpoint('K6')
  const elapsedMs = () => clock.now().getTime() - began
  const { secondsHeld, secondsLeft } = timesOf(deps, input)
  const isLate = elapsedMs() > SLOWEST_START_MS || signal.aborted
  const outcome: SendOutcome = isLate
    ? NOT_BEGUN
    : await call(sender, input.message({ attempt: attempt.number, secondsLeft: secondsLeft() }), {
        signal,
        mayBegin: () => elapsedMs() < callMs,
        onWritten: () => deps.failpoint('K7'),
      })
  pass.settle(outcome)
  deps.failpoint('K8')
  const planned = endingOf(outcome, {
    isLast: attempt.isLast,
    refusals: claim.refusals,
    hasAnother,
    leftMs: secondsLeft() * 1_000,
    chance: chanceOf(deps),
  })
  const seconds = claim.secondsWaited + secondsHeld()
  const status = await patiently(() => recordOutcome(run, claim, attempt, planned))
  deps.failpoint('K9')
  if (status === null) return { kind: 'fenced', attempt, ending: planned }
  return { kind: 'called', attempt, ending: { ...planned, status }, seconds }
}

/** Nobody was asked, so nothing counts but the time; the vendors' breakers find out when one is back. */
async function postpone<Message>(deps: SendDeps, input: SendInput<Message>): Promise<Sent> {
  const { claim, run } = input
  const { secondsHeld, secondsLeft } = timesOf(deps, input)
  const retryInMs = pauseMs({
    waitedMs: (claim.secondsWaited + secondsHeld()) * 1_000,
    leftMs: secondsLeft() * 1_000,
    chance: chanceOf(deps),
  })
  return { kind: 'postponed', retryInMs, recorded: await postponeDelivery(run, claim, retryInMs) }
}

function timesOf<Message>({ clock }: SendDeps, { claim, claimedAt }: SendInput<Message>) {
  const secondsHeld = () => (clock.now().getTime() - claimedAt.getTime()) / 1_000
  return { secondsHeld, secondsLeft: () => claim.secondsLeft - secondsHeld() }
}

const chanceOf = ({ random }: SendDeps) => random.bytes(4).readUInt32BE() / 2 ** 32

/** Senders do not throw; one that does may have sent. Its error is dropped: it may hold the key or the link. */
async function call<Message>(
  sender: Sender<Message>,
  message: Message,
  context: Parameters<Sender<Message>['send']>[1],
): Promise<SendOutcome> {
  try {
    return await sender.send(message, context)
  } catch {
    return { kind: 'unknown', code: 'sender_failed' }
  }
}

/** A slow or absent database is no fault of the message: without an attempt the claim's count is taken back. */
async function begin(run: TenantRun, claim: Claim, by: AskedVendor): Promise<Attempt | null> {
  let attempt: Attempt | null = null
  try {
    attempt = await startAttempt(run, claim, by)
    return attempt
  } finally {
    if (attempt === null) await patiently(() => forgivePoison(run, claim))
  }
}

async function patiently<R>(work: () => Promise<R>): Promise<R> {
  for (const againMs of AGAIN_MS) {
    try {
      return await work()
    } catch {
      await pause(againMs)
    }
  }
  return work()
}
