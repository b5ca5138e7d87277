// Stands where no vendor was set up: what cannot be sent ends at once and says why, instead of waiting until it is too late.

import type { Sender } from './sender.ts'

export const noVendor: Sender<unknown> = {
  provider: 'none',
  send: async () => ({ kind: 'permanent', code: 'vendor_not_configured' }),
}
