// `npm test`: every step with its duration, then one line with the counts. What fails does not hide what comes
// after it, and a failed step counts as a failed test.
import { throwawayPostgres } from '@postern/testkit/postgres'
import { ensurePrograms } from './needed-programs.ts'
import { runStep, type Step, type StepOutcome } from './run-step.ts'
import { type Count, countReports, runTap, type TapRun } from './run-tap.ts'
import { runWhole, type WholeCount } from './run-whole.ts'
import { sentenceOf } from './setup-error.ts'
import { staticSteps } from './steps.ts'
import { allTestFiles, namedTestFiles } from './test-files.ts'

export interface TestPlace {
  readonly root: string
  /** Where the person stands: names of files are seen from there. */
  readonly cwd: string
}

/** Runs everything, or the named files alone; returns the exit code. */
export async function runTests(place: TestPlace, names: string[]): Promise<number> {
  const count: WholeCount = { passed: 0, failed: 0, unsteady: [] }
  if (names.length === 0) await runChecks(place.root, count)
  const equipped = await attempt(count, 'programs', async () => ensurePrograms())
  if (equipped) await attempt(count, 'tests', () => runAllTap(place, names, count))
  if (count.unsteady.length > 0) {
    console.log(`unsteady files, bugs to mend: ${count.unsteady.length} (${count.unsteady.join(', ')})`)
  }
  console.log(`${count.passed} passed, ${count.failed} failed`)
  return count.failed === 0 && count.passed > 0 ? 0 : 1
}

/** The steps that only read, two at a time: each of them keeps about one processor busy. */
export async function runChecks(root: string, count: Count): Promise<void> {
  const waiting = [...staticSteps]
  const worker = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      tell(step, await runStep(step, { cwd: root }), count)
    }
  }
  await Promise.all([worker(), worker()])
}

function tell(step: Step, { ok, seconds, output }: StepOutcome, count: Count): void {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${step.name} (${seconds.toFixed(1)} s): ${step.describe}`)
  if (ok) return
  count.failed += 1
  console.log(output.trimEnd().replace(/^/gm, '         '))
}

/** All test processes share one Postgres, each test has a database of its own on it. */
async function runAllTap({ root, cwd }: TestPlace, names: string[], count: WholeCount): Promise<void> {
  const named = namedTestFiles(names, root, cwd)
  const database = await throwawayPostgres()
  const common = { root, env: { POSTERN_TEST_POSTGRES_URL: database.url } }
  try {
    if (named.length > 0) return await runNamed({ ...common, name: 'tests', files: named, jobs: 2 }, count)
    const { tests, e2e, chaos } = allTestFiles(root)
    const parts = [
      { name: 'tests', files: tests, jobs: 2 },
      { name: 'end to end and chaos', files: chaosFirst(chaos, e2e), jobs: 2 },
    ]
    await runWhole(common, parts, count)
  } finally {
    await database.stop()
  }
}

/** Chaos waits more than it works, so others run beside it. Its longest file begins; its second one comes when that has ended. */
function chaosFirst(chaos: string[], e2e: string[]): string[] {
  const isLongest = (file: string) => file.endsWith('/scenarios.test.ts')
  return [...chaos.filter(isLongest), ...e2e, ...chaos.filter((file) => !isLongest(file))]
}

/** Whoever names files works on them, and sees at once what fails. */
async function runNamed(run: TapRun, count: Count): Promise<void> {
  const { reports, amiss } = await runTap(run)
  countReports(reports, count)
  count.failed += amiss
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
