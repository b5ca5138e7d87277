// What every backend must do. Each backend's own test file runs this whole suite against the real thing.

import type { Test } from 'tap'
import { conformDrains } from './conform-drains.ts'
import { conformFaults } from './conform-faults.ts'
import { conformJobs } from './conform-jobs.ts'
import { conformParts } from './conform-parts.ts'
import type { MakeRig } from './rig.ts'

export async function conformance(t: Test, makeRig: MakeRig): Promise<void> {
  await conformJobs(t, makeRig)
  await conformParts(t, makeRig)
  await conformDrains(t, makeRig)
  await conformFaults(t, makeRig)
}
