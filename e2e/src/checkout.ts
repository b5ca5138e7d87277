// Where the code under test is, and what its processes may inherit: nothing of the test runner's.
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bareEnvironment } from '@postern/testkit/bare-environment'
import { scratchFolder } from '@postern/testkit/scratch'

/** The part of a tap test that fixtures need. */
export interface TestScope {
  teardown(undo: () => unknown): unknown
}

export const root = fileURLToPath(new URL('../..', import.meta.url))

export const plainEnvironment: Readonly<Record<string, string>> = {
  ...bareEnvironment(),
  HOME: process.env.HOME ?? '/',
  // Whoever starts them may be killed: they end when the pipe on their standard input closes.
  POSTERN_SUPERVISED: '1',
}

/** A folder that goes with the test, or with this process when that is killed. Whatever uses it must be added to the teardown later, so that it ends earlier. */
export function temporaryFolder(t: TestScope): string {
  const folder = scratchFolder('postern-e2e-')
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}
