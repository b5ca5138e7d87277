// A message of the tenant's own, ready to be written, and how many of them one identifier is sent.

/** Beside links and codes, which have a limit of their own: neither uses up what the other may send. */
export const MESSAGES = { policy: 'messages', quota: 20, windowSeconds: 3_600 } as const

/** How long a message is worth sending, from when it is due, and how long it may be. */
export const LIFE_SECONDS = 86_400
export const LONGEST_LIFE_SECONDS = 7 * 86_400
export const SHORTEST_LIFE_SECONDS = 60

export interface NewDelivery {
  tenantId: string
  id: string
  channel: 'email' | 'sms'
  /** what its limit counts */
  limitKey: string
  /** keyed: what the trail shows instead of the recipient */
  identifierDigest: string
  recipientDigest: Buffer
  /** by this version it is written, whatever the tenant writes later */
  template: { name: string; locale: string; version: number }
  /** as it was asked for */
  locale: string | null
  /** sealed */
  payload: Buffer
  payloadVersion: number
  /** made like any other and never sent: to a test destination */
  withheld: boolean
  /** null: now */
  sendAt: Date | null
  /** null: a day after it is due */
  expiresAt: Date | null
}
