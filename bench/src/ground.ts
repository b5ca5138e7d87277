// What every run stands on: a Postgres and a Redis of its own, and a folder that goes with them.

import type { InstallationOptions } from './peer/installation.ts'
import type { Scope } from './peer/peer.ts'

export interface Ground extends InstallationOptions {
  scope: Scope
}
