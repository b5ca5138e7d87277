// Every vendor that the sandbox stands in for, by name: a new vendor is a file and a line here.

import type { Clock } from '../clock.ts'
import type { Random } from '../random.ts'
import type { ReadSecret } from '../secret-file.ts'
import { sendgridDouble } from './sendgrid/sendgrid.double.ts'
import type { VendorDouble } from './vendor-double.ts'

export interface DoubleDeps {
  readonly clock: Clock
  readonly random: Random
  /** The key that a caller must show; undefined: any bearer will do. */
  readonly sendgridKey: ReadSecret | undefined
}

export function vendorDoubles(deps: DoubleDeps): readonly VendorDouble[] {
  return [sendgridDouble({ clock: deps.clock, random: deps.random, expectedKey: deps.sendgridKey })]
}
