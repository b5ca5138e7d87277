// `npm test`: every step with its duration, then one line with the counts. What fails does not hide what comes
// after it, and a failed step counts as a failed test.
import { availableParallelism } from 'node:os'
import { throwawayPostgres } from '@postern/testkit/postgres'
import { ensurePrograms } from '../needed-programs.ts'
import { runStep, type Step, type StepOutcome } from '../run-step.ts'
import { sentenceOf } from '../setup-error.ts'
import { staticSteps } from '../steps.ts'
import { inLanes } from './in-lanes.ts'
import { type Count, countOf, type GroupRun, runGroups } from './run-groups.ts'
import { addTo, runWhole, type WholeCount } from './run-whole.ts'
import type { TestArguments } from './test-arguments.ts'
import { namedTestFiles, testFiles } from './test-files.ts'
import { groupsOf } from './test-groups.ts'

/** All of them share one Postgres and its 300 connections. */
const MOST_LANES = 4
/** Many files wait more than they work, so there is one more of them under way than there are processors. */
const lanes = Math.min(availableParallelism() + 1, MOST_LANES)

export interface TestPlace {
  readonly root: string
  /** Where the person stands: names of files are seen from there. */
  readonly cwd: string
}

/** Runs everything, or the named files alone; returns the exit code. */
export async function runTests(place: TestPlace, args: TestArguments): Promise<number> {
  const count: WholeCount = { passed: 0, failed: 0, unsteady: [] }
  if (args.names.length === 0) await runChecks(place.root, count)
  const equipped = await attempt(count, 'programs', async () => ensurePrograms())
  if (equipped) await attempt(count, 'tests', () => runAllFiles(place, args, count))
  if (count.unsteady.length > 0) {
    console.log(`unsteady files, bugs to mend: ${count.unsteady.length} (${count.unsteady.join(', ')})`)
  }
  console.log(`${count.passed} passed, ${count.failed} failed`)
  return count.failed === 0 && count.passed > 0 ? 0 : 1
}

/** The steps that only read, two at a time: each of them keeps about one processor busy. */
export async function runChecks(root: string, count: Count): Promise<void> {
  await inLanes(staticSteps, 2, async (step) => tell(step, await runStep(step, { cwd: root }), count))
}

function tell(step: Step, { ok, seconds, output }: StepOutcome, count: Count): void {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${step.name} (${seconds.toFixed(1)} s): ${step.describe}`)
  if (ok) return
  count.failed += 1
  console.log(output.trimEnd().replace(/^/gm, '         '))
}

/** All test processes share one Postgres, each test has a database of its own on it. */
async function runAllFiles({ root, cwd }: TestPlace, args: TestArguments, count: WholeCount): Promise<void> {
  const named = namedTestFiles(args.names, root, cwd)
  const { files, leftOut } = testFiles(root, args)
  const groups = groupsOf(named.length > 0 ? named : files)
  const database = await throwawayPostgres()
  const run = { name: 'tests', groups, lanes, root, env: { POSTERN_TEST_POSTGRES_URL: database.url } }
  try {
    if (named.length > 0) return await runNamed(run, count)
    await runWhole(run, count)
    if (leftOut.length > 0)
      console.log(`left out, as CI runs it (npm test -- --chaos): ${leftOut.join(', ')}`)
  } finally {
    await database.stop()
  }
}

/** Whoever names files works on them, and sees at once what fails. */
async function runNamed(run: GroupRun, count: Count): Promise<void> {
  addTo(count, countOf(await runGroups(run)))
}

async function attempt(count: Count, name: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    count.failed += 1
    console.log(`FAILED ${name}: ${sentenceOf(error)}`)
    return false
  }
}
