// What the demo's routes share.

import type { Clock } from '../clock.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { Random } from '../random.ts'
import type { PosternClient } from './postern.client.ts'
import type { SignInStore } from './sign-in.store.ts'

export interface DemoDeps {
  readonly client: PosternClient
  readonly signIns: SignInStore
  readonly inbox: Inbox
  readonly clock: Clock
  readonly random: Random
  readonly gatewayUrl: string
  readonly auditUrl: string
  /** Where browsers reach the sandbox; known once it listens. No slash at the end. */
  publicUrl(): string
}
