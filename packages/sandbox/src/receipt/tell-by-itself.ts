// With a delay set, every message that is taken is reported as delivered by itself. Off unless told otherwise: tests say
// themselves what arrives.

import { CannotTell } from '../vendor/vendor-webhook.ts'
import { type ReceiptDeps, sendReceipts } from './send-receipts.ts'

export function tellByItself(
  deps: ReceiptDeps,
  delayMs: number,
  reportFault: (cause: unknown) => void,
): void {
  deps.sent.onSent(({ messageId }) => {
    const receipt = { message_id: messageId, status: 'delivered' as const, delay_ms: delayMs }
    sendReceipts(deps, { receipts: [receipt] }).catch((cause: unknown) => {
      // One that no vendor tells of, as a mail server's, is nobody's fault.
      if (!(cause instanceof CannotTell)) reportFault(cause)
    })
  })
}
