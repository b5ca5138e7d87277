// The words of receipts, whichever vendor they came from.

/** `undelivered` may succeed by another vendor; `bounced`, `complained` and `opted_out` say something about the recipient. */
export const RECEIPT_STATUSES = [
  'sent',
  'delivered',
  'undelivered',
  'bounced',
  'complained',
  'opted_out',
  'deferred',
] as const
export type ReceiptStatus = (typeof RECEIPT_STATUSES)[number]

/** Why a recipient gets nothing more by a channel. */
export const SUPPRESSION_REASONS = ['hard_bounce', 'complaint', 'opt_out'] as const
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number]
