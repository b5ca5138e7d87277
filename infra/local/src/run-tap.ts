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

export async function runTap({ name, files, jobs, root, env }: TapRun, count: Count): Promise<void> {
  const here = { passed: 0, failed: 0 }
  const reader = new TapReader((report) => {
    here.passed += report.passed
    here.failed += report.failed
    tell(report)
  })
  let noise = ''
  const outcome = await runStep(
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
  // tap says no although every file it told of passed: that is a failure too.
  if (here.failed === 0 && (!outcome.ok || here.passed === 0)) here.failed += 1
  if (here.failed > 0 && noise !== '') console.log(`What the tests wrote besides:\n${noise.trimEnd()}`)
  count.passed += here.passed
  count.failed += here.failed
  const ok = here.failed === 0 ? 'ok    ' : 'FAILED'
  console.log(
    `${ok} ${name} (${outcome.seconds.toFixed(1)} s): ${here.passed} passed, ${here.failed} failed in ${files.length} files`,
  )
}

function tell({ file, passed, failed, skipped, time, complaint }: FileReport): void {
  const verdict = failed === 0 ? 'ok    ' : 'FAILED'
  console.log(`  ${verdict} ${file}: ${passed}${failed > 0 ? ` passed, ${failed} failed` : ''} (${time})`)
  for (const reason of skipped) console.log(`         skipped ${reason}`)
  if (complaint !== '') console.log(complaint.replace(/^/gm, '      '))
}
