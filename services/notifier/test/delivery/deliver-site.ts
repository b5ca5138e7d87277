// One channel's deliveries on a real Postgres and its vendor's double: how they are given, brought on and interrupted.

import { systemClock } from '@postern/service-kit/clock'
import { noFailpoint } from '@postern/service-kit/failpoint'
import { systemRandom } from '@postern/service-kit/random'
import type { TestScope } from '@postern/testkit/postgres'
import type { Channel } from '../../src/delivery/channel.ts'
import { type DeliverDeps, type Delivered, deliverMessage } from '../../src/delivery/deliver-message.ts'
import type { AnyMessage, AnySender, ChannelKit } from '../channel-fixture.ts'
import { type DeliveryInput, type Fixture, fixture, givenDelivery, type Ids } from '../delivery-fixture.ts'
import { type Vendor, vendorDouble } from '../vendor-fixture.ts'

export type Deps = DeliverDeps<never>

export interface DeliverSite {
  readonly kit: ChannelKit
  readonly f: Fixture
  readonly vendor: Vendor
  readonly deps: Deps
  /** Through the vendor's real sender. */
  readonly channel: Channel<AnyMessage>
  channelOf(...senders: [AnySender, ...AnySender[]]): Channel<AnyMessage>
  given(input?: DeliveryInput): Promise<Ids>
  deliver(ids: Ids, more?: Partial<Deps>, over?: Channel<AnyMessage>): Promise<Delivered>
  /** The wait for the next try is over. */
  comesDue(ids: Ids): Promise<unknown>
  /** The same database, where something happens before a worker's nth trip to it. */
  beforeTrip(nth: number, happens: () => Promise<unknown>): never
}

export async function deliverSite(t: TestScope, kit: ChannelKit): Promise<DeliverSite> {
  const f = await fixture(t)
  const vendor = await vendorDouble(t, kit.provider)
  const real = kit.senderTo(vendor.url)
  t.teardown(() => real.close())
  const deps: Deps = {
    database: f.database as never,
    clock: systemClock,
    random: systemRandom,
    worker: 'w1',
    failpoint: noFailpoint,
    callMs: 1_000,
  }
  const channelOf: DeliverSite['channelOf'] = (...senders) =>
    kit.channel({ ring: f.sealRing, refresh: () => undefined }, senders)
  const channel = channelOf(real)
  return {
    kit,
    f,
    vendor,
    deps,
    channel,
    channelOf,
    given: (input = {}) => givenDelivery(f, { channel: kit.name, ...input }),
    deliver: (ids, more = {}, over = channel) => deliverMessage({ ...deps, ...more }, over, ids),
    comesDue: ({ deliveryId }) =>
      f.admin.query('UPDATE deliveries SET due_at = now() WHERE id = $1', [deliveryId]),
    beforeTrip(nth, happens) {
      let trips = 0
      const connect = async () => {
        trips += 1
        if (trips === nth) await happens()
        return f.database.pool.connect()
      }
      return { ...f.database, pool: { connect, options: f.database.pool.options } } as never
    },
  }
}
