import t from 'tap'
import type { Sender } from '../../src/sender/sender.ts'
import { createVendorRouter } from '../../src/sender/vendor-router.ts'

const vendor = (provider: string): Sender => ({
  provider,
  send: async () => ({ kind: 'accepted', providerMessageId: null }),
})
const chosen = (router: ReturnType<typeof createVendorRouter<never>>, refusedBy: string[]) => {
  const { sender, hasAnother } = router.route(refusedBy)
  return `${sender.provider}${hasAnother ? ', another left' : ''}`
}

t.test('one vendor is asked again and again', async (t) => {
  const router = createVendorRouter([vendor('a')])
  t.equal(chosen(router, []), 'a')
  t.equal(chosen(router, ['a', 'a']), 'a')
})

t.test('vendors are asked in order, then again from the first', async (t) => {
  const router = createVendorRouter([vendor('a'), vendor('b'), vendor('c')])
  t.equal(chosen(router, []), 'a, another left')
  t.equal(chosen(router, ['a']), 'b, another left')
  t.equal(chosen(router, ['a', 'b']), 'c')
  t.equal(chosen(router, ['a', 'b', 'c']), 'a')
  t.equal(chosen(router, ['gone', 'a']), 'b, another left', 'a vendor that was removed does not matter')
})
