// `npm test`: every step with its duration, then one line with the counts. What fails does not hide what comes
// after it, and a failed step counts as a failed test.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { throwawayPostgres } from '@postern/testkit/postgres'
import { countTap } from './count-tap.ts'
import { ensurePrograms } from './needed-programs.ts'
import { runStep, type Step, type StepOutcome } from './run-step.ts'
import { sentenceOf } from './setup-error.ts'
import { staticSteps } from './steps.ts'
import { allTestFiles, namedTestFiles } from './test-files.ts'

interface Count {
  passed: number
  failed: number
}

export interface TestPlace {
  readonly root: string
  readonly cwd: string
}

/** Runs everything, or the named files alone; returns the exit code. */
export async function runTests(place: TestPlace, names: string[]): Promise<number> {
  const count: Count = { passed: 0, failed: 0 }
  if (names.length === 0) await runChecks(place.root, count)
  await attempt(count, 'programs', () => ensurePrograms())
  if (count.failed === 0 || names.length === 0) {
    await attempt(count, 'tests', () => runAllTap(place, names, count))
  }
  console.log(`${count.passed} passed, ${count.failed} failed`)
  return count.failed === 0 && count.passed > 0 ? 0 : 1
}

/** The steps that only read, two at a time: each of them keeps about one processor busy. */
export async function runChecks(root: string, count: Count): Promise<void> {
  const waiting = [...staticSteps]
  const worker = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      report(step, await runStep(step, { cwd: root }), count)
    }
  }
  await Promise.all([worker(), worker()])
}

function report(step: Step, { ok, seconds, output }: StepOutcome, count: Count): void {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${step.name} (${seconds.toFixed(1)} s): ${step.describe}`)
  if (ok) return
  count.failed += 1
  console.log(output.trimEnd().replace(/^/gm, '         '))
}

async function runAllTap({ root, cwd }: TestPlace, names: string[], count: Count): Promise<void> {
  const database = await throwawayPostgres()
  const env = { POSTERN_TEST_POSTGRES_URL: database.url }
  try {
    if (names.length > 0) {
      await runTap({ name: 'tests', files: namedTestFiles(names, root, cwd), jobs: 2 }, { root, env }, count)
      return
    }
    const { tests, e2e } = allTestFiles(root)
    await runTap({ name: 'tests', files: tests, jobs: 2 }, { root, env }, count)
    await runTap({ name: 'end to end', files: e2e, jobs: 1 }, { root, env }, count)
  } finally {
    await database.stop()
  }
}

interface TapRun {
  readonly name: string
  readonly files: string[]
  readonly jobs: number
}

async function runTap(
  { name, files, jobs }: TapRun,
  { root, env }: { root: string; env: Record<string, string> },
  count: Count,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-tap-'))
  const raw = join(folder, 'output.tap')
  const flags = [
    '--disable-coverage',
    `--jobs=${jobs}`,
    '--reporter=terse',
    `--output-file=${raw}`,
    '--no-color',
  ]
  const command = ['node_modules/.bin/tap', ...flags, ...files]
  try {
    const follow = (text: string) => void process.stdout.write(text)
    const outcome = await runStep({ name, describe: '', command }, { cwd: root, env, follow })
    tally(name, outcome, readFileSync(raw, 'utf8'), count)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function tally(name: string, { ok, seconds }: StepOutcome, raw: string, count: Count): void {
  const { passed, failed, skipped } = countTap(raw)
  count.passed += passed
  // tap says no although every test it told of passed: that is a failure too.
  count.failed += failed === 0 && !ok ? 1 : failed
  for (const reason of skipped) console.log(`skipped ${reason}`)
  console.log(
    `${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s): ${passed} passed, ${failed} failed`,
  )
}

async function attempt(count: Count, name: string, work: () => unknown): Promise<void> {
  try {
    await work()
  } catch (error) {
    count.failed += 1
    console.log(`FAILED ${name}: ${sentenceOf(error)}`)
  }
}
