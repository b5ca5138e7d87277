// A sender as it is configured: by the tenant's operator, as a row, or for the whole installation, by settings.

import type { ChannelName, Provider } from '@postern/contracts/sender'

/** What a sender is built of. `settings` are checked when it is. */
export interface SenderPlan {
  readonly channel: ChannelName
  readonly provider: Provider
  readonly settings: unknown
  /** The credential itself; null: the vendor asks for none. */
  readonly secret: string | null
  /** Of a tenant's own. */
  readonly senderId?: string
}

/** A row of the tenant's list. `secret` names a file. */
export interface ConfiguredSender {
  readonly id: string
  readonly provider: Provider
  readonly settings: unknown
  readonly secret: string | null
  /** Changes with every change of the row. */
  readonly version: string
}

/** Says why a sender cannot be built, by a code of ours; never what it was to be built of. */
export class SenderFault extends Error {
  override readonly name = 'SenderFault'
  readonly code: string

  constructor(code: 'settings_malformed' | 'secret_missing' | 'secret_unusable') {
    super(code)
    this.code = code
  }
}
