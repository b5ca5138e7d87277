import t from 'tap'
import { type BreakerHints, noHints } from '../../src/sender/breaker-hints.ts'
import type { ConfiguredSender } from '../../src/sender/configured-sender.ts'
import type { Sender } from '../../src/sender/sender.ts'
import { alwaysClosed, type Breaker } from '../../src/sender/vendor-breaker.ts'
import { type Asked, createVendorRouter, type RouterOptions } from '../../src/sender/vendor-router.ts'

const vendor = (provider: string): Sender => ({
  provider,
  send: async () => ({ kind: 'accepted', providerMessageId: null }),
})
const open: Breaker = { isClosed: false, enter: () => null }
const row = (id: string): ConfiguredSender => ({
  id,
  provider: 'ses',
  settings: {},
  secret: null,
  version: '1',
})

interface Given {
  readonly house?: readonly string[]
  readonly configured?: readonly string[]
  readonly notReady?: readonly string[]
  readonly broken?: readonly string[]
  readonly hints?: Partial<BreakerHints>
}

/** The choice of one delivery, told as a text. */
function setup({ house = ['a', 'b', 'c'], configured = [], notReady = [], broken = [], hints }: Given = {}) {
  const [first = 'a', ...others] = house
  const options: RouterOptions<never> = {
    take: ({ id }) => (notReady.includes(id) ? null : (vendor('ses') as Sender<never>)),
    breakerOf: ({ key }) => (broken.includes(key) ? open : alwaysClosed),
    hints: { ...noHints, ...hints },
  }
  const senders = [vendor(first), ...others.map(vendor)] as unknown as [Sender<never>]
  const choice = createVendorRouter<never>(senders, options).of(configured.map(row))
  const ask = async (...tried: string[]) => tell({ tried, takenBy: [] })
  const tell = async (asked: Asked) => {
    const route = await choice.route(asked)
    return route === null ? 'nobody' : `${route.vendor.key}${route.hasAnother ? ', another left' : ''}`
  }
  return Object.assign(ask, { choice, tell })
}

t.test('one vendor is asked again and again', async (t) => {
  const ask = setup({ house: ['a'] })
  t.equal(await ask(), 'a')
  t.equal(await ask('a', 'a'), 'a')
})

t.test('vendors are asked in order, then again from the first', async (t) => {
  const ask = setup()
  t.equal(await ask(), 'a, another left')
  t.equal(await ask('a'), 'b, another left')
  t.equal(await ask('a', 'b'), 'c')
  t.equal(await ask('a', 'b', 'c'), 'a')
  t.equal(await ask('gone', 'a'), 'b, another left', 'a vendor that was removed does not matter')
})

t.test('a vendor that took the message is never asked again, though nobody else may be called', async (t) => {
  const { tell, choice } = setup()
  t.equal(await tell({ tried: ['a'], takenBy: ['a'] }), 'b, another left')
  t.equal(await tell({ tried: ['a', 'b', 'c'], takenBy: ['b'] }), 'a')
  t.equal(choice.hasOther('a', { tried: ['a'], takenBy: [] }), true)
  t.equal(choice.hasOther('a', { tried: ['a', 'b', 'c'], takenBy: ['b', 'c'] }), false)
  t.equal(choice.nextOf({ tried: ['a', 'b', 'c'], takenBy: ['a', 'b', 'c'] }), undefined)
  const held = setup({ broken: ['b', 'c'] })
  t.equal(await held.tell({ tried: ['a'], takenBy: ['a'] }), 'nobody')
  t.equal(held.choice.hasOther('a', { tried: [], takenBy: [] }), true, 'one that is held back counts')
})

t.test('a tenant’s own list stands in place of the installation’s, each sender by its own id', async (t) => {
  const ask = setup({ configured: ['first', 'second'] })
  t.equal(await ask(), 'first, another left')
  t.equal(await ask('first'), 'second')
  t.equal(await ask('a', 'ses'), 'first, another left', 'what the installation’s did does not count')
})

t.test('a sender that is not ready is passed over; where none is, nobody is asked', async (t) => {
  t.equal(await setup({ configured: ['first', 'second'], notReady: ['first'] })(), 'second')
  t.equal(await setup({ configured: ['first'], notReady: ['first'] })(), 'nobody')
})

t.test('a vendor that is left alone is passed over, and no refusal hopes for it', async (t) => {
  const ask = setup({ broken: ['a', 'c'] })
  t.equal(await ask(), 'b')
  t.equal(await ask('b'), 'b')
  t.equal(await setup({ broken: ['a', 'b', 'c'] })(), 'nobody')
})

t.test('what another process found out counts, but not more than what this one knows', async (t) => {
  const hints = { isOpen: async (key: string) => key === 'a' }
  t.equal(await setup({ hints })(), 'b, another left')
})

t.test('a probe is made only where no other process makes one', async (t) => {
  let left = 0
  const probing: Breaker = {
    isClosed: false,
    enter: () => ({ isProbe: true, settle: () => undefined, leave: () => (left += 1) }),
  }
  const options = (mayProbe: boolean): RouterOptions<never> => ({
    take: () => null,
    breakerOf: ({ key }) => (key === 'a' ? probing : alwaysClosed),
    hints: { ...noHints, mayProbe: async () => mayProbe },
  })
  const house = [vendor('a'), vendor('b')] as [Sender<never>, Sender<never>]
  const keyOf = async (mayProbe: boolean) =>
    (await createVendorRouter<never>(house, options(mayProbe)).of([]).route({ tried: [], takenBy: [] }))
      ?.vendor.key
  t.equal(await keyOf(true), 'a')
  t.equal(left, 0)
  t.equal(await keyOf(false), 'b')
  t.equal(left, 1, 'and the one that may not is given back')
})
