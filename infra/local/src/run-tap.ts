// Runs test files with tap, tells of each file as it ends, and counts.
import { runStep } from './run-step.ts'
import { type FileReport, TapReader } from './tap-reader.ts'

export interface Count {
  passed: number
  failed: number
}

export interface TapRun {
  readonly name: string
  readonly files: readonly string[]
  /** How many files at once. */
  readonly jobs: number
  readonly root: string
  readonly env: Readonly<Record<string, string>>
}

const flags = ['--disable-coverage', '--reporter=tap', '--no-color']

export interface TapOutcome {
  readonly reports: readonly FileReport[]
  /** 1 when something went wrong that no file's report says. */
  readonly amiss: number
}

export async function runTap({ name, files, jobs, root, env }: TapRun): Promise<TapOutcome> {
  const reports: FileReport[] = []
  const reader = new TapReader((report) => {
    reports.push(report)
    tell(report)
  })
  let noise = ''
  const { ok, seconds } = await runStep(
    { name, describe: '', command: ['node_modules/.bin/tap', ...flags, `--jobs=${jobs}`, ...files] },
    {
      cwd: root,
      env,
      follow: (text, stream) => {
        if (stream === 'stdout') reader.push(text)
        else noise = (noise + text).slice(-100_000)
      },
    },
  )
  const here = { passed: 0, failed: 0 }
  countReports(reports, here)
  const amiss = isAmiss(here, ok, files.length - reports.length) ? 1 : 0
  const failed = here.failed + amiss
  if (failed > 0 && noise !== '') console.log(`What the tests wrote besides:\n${noise.trimEnd()}`)
  const verdict = failed === 0 ? 'ok    ' : 'FAILED'
  console.log(
    `${verdict} ${name} (${seconds.toFixed(1)} s): ${here.passed} passed, ${failed} failed in ${files.length} files`,
  )
  return { reports, amiss }
}

export function countReports(reports: readonly FileReport[], count: Count): void {
  for (const { passed, failed } of reports) {
    count.passed += passed
    count.failed += failed
  }
}

/** Tells what failed in a file. */
export function complain({ complaint }: FileReport): void {
  if (complaint !== '') console.log(complaint.replace(/^/gm, '      '))
}

/** tap did not tell of each file, or said no, or ran no test, although every file that it told of passed. */
function isAmiss({ passed, failed }: Count, ok: boolean, untold: number): boolean {
  return untold > 0 || (failed === 0 && (!ok || passed === 0))
}

function tell(report: FileReport): void {
  const { file, passed, failed, skipped, time } = report
  const verdict = failed === 0 ? 'ok    ' : 'FAILED'
  console.log(`  ${verdict} ${file}: ${passed}${failed > 0 ? ` passed, ${failed} failed` : ''} (${time})`)
  for (const reason of skipped) console.log(`         skipped ${reason}`)
  complain(report)
}
