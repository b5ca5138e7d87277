// Which vendor is asked next: of those that may be called now, the first of the list that was asked least often for this
// delivery. What was asked stands in the delivery's attempts, so every process goes on where another stopped.

import { type BreakerHints, noHints } from './breaker-hints.ts'
import type { ConfiguredSender } from './configured-sender.ts'
import type { Sender } from './sender.ts'
import { alwaysClosed, type Breaker, type Pass } from './vendor-breaker.ts'

export interface Vendor<Message> {
  /** Names it among the delivery's attempts: the sender's id, or the provider of one of the installation's own. */
  readonly key: string
  /** null: one of the installation's own. */
  readonly senderId: string | null
  readonly sender: Sender<Message>
}

export interface Route<Message> {
  readonly vendor: Vendor<Message>
  readonly pass: Pass
  /** Another vendor was not asked yet and may be called, so a refusal by this one need not wait. */
  readonly hasAnother: boolean
}

/** What became of a message so far: keys of vendors, one entry an attempt. */
export interface Asked {
  readonly tried: readonly string[]
  /** Those that took it: they are not asked again. */
  readonly takenBy: readonly string[]
}

/** The vendors of one delivery. */
export interface VendorChoice<Message> {
  /** @returns null: none may be called just now */
  route(asked: Asked): Promise<Route<Message> | null>
  /** The key of the vendor whose turn it is, whether it may be called now or not; undefined: there is none. */
  nextOf(asked: Asked): string | undefined
  /** Whether one is listed beside this, whether it may be called now or not, that did not take the message. */
  hasOther(key: string, asked: Asked): boolean
  /** The vendor of an earlier attempt; undefined: it is not on the list any more. */
  vendor(key: string): Sender<Message> | undefined
}

export interface VendorRouter<Message> {
  /** @param configured the tenant's own list, in order; empty: the installation's is used */
  of(configured: readonly ConfiguredSender[]): VendorChoice<Message>
}

export interface RouterOptions<Message> {
  /** Builds a tenant's own; null: it cannot be used now. */
  readonly take: (configured: ConfiguredSender) => Sender<Message> | null
  readonly breakerOf: (vendor: { readonly key: string; readonly provider: string }) => Breaker
  readonly hints: BreakerHints
}

const ALONE = { take: () => null, breakerOf: () => alwaysClosed, hints: noHints }

/** @param house the installation's own, in order of preference */
export function createVendorRouter<Message>(
  house: readonly [Sender<Message>, ...Sender<Message>[]],
  options: RouterOptions<Message> = ALONE,
): VendorRouter<Message> {
  const own = house.map((sender) => ({ key: sender.provider, senderId: null, sender }))
  return {
    of: (configured) => choiceOf(configured.length === 0 ? own : taken(configured, options), options),
  }
}

function taken<Message>(
  configured: readonly ConfiguredSender[],
  { take }: RouterOptions<Message>,
): Vendor<Message>[] {
  return configured.flatMap((each) => {
    const sender = take(each)
    return sender === null ? [] : [{ key: each.id, senderId: each.id, sender }]
  })
}

function choiceOf<Message>(
  vendors: readonly Vendor<Message>[],
  { breakerOf, hints }: RouterOptions<Message>,
): VendorChoice<Message> {
  const breaker = ({ key, sender: { provider } }: Vendor<Message>) => breakerOf({ key, provider })
  async function enter(vendor: Vendor<Message>): Promise<Pass | null> {
    const own = breaker(vendor)
    // What this process found out itself it knows better than any hint.
    if (own.isClosed && (await hints.isOpen(vendor.key))) return null
    const pass = own.enter()
    if (pass?.isProbe && !(await hints.mayProbe(vendor.key))) {
      pass.leave()
      return null
    }
    return pass
  }
  return {
    async route(asked) {
      const { tried } = asked
      for (const vendor of inTurn(vendors, asked)) {
        const pass = await enter(vendor)
        if (pass === null) continue
        const hasAnother = vendors.some(
          (other) => other !== vendor && !tried.includes(other.key) && breaker(other).isClosed,
        )
        return { vendor, pass, hasAnother }
      }
      return null
    },
    nextOf: (asked) => inTurn(vendors, asked)[0]?.key,
    hasOther: (key, asked) => inTurn(vendors, asked).some((other) => other.key !== key),
    vendor: (key) => vendors.find((vendor) => vendor.key === key)?.sender,
  }
}

function inTurn<Message>(vendors: readonly Vendor<Message>[], { tried, takenBy }: Asked): Vendor<Message>[] {
  const times = ({ key }: Vendor<Message>) => tried.filter((each) => each === key).length
  return vendors.filter(({ key }) => !takenBy.includes(key)).toSorted((a, b) => times(a) - times(b))
}
