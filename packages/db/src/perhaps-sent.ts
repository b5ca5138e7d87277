// How often a message may perhaps have been sent: what workers and receipts must agree on, and `review_held` of the
// migrations with them.

/** Attempts that may have reached the recipient (accepted, unknown or still started) that a delivery has at most. */
export const MAX_PERHAPS_SENT = 2
