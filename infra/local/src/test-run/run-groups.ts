// Runs groups of test files, tells of each file as it ends, and counts.
import { fileURLToPath } from 'node:url'
import { runStep } from '../run-step.ts'
import { inLanes } from './in-lanes.ts'
import { type FileReport, lostReport, TapReader } from './tap-reader.ts'
import type { TestGroup } from './test-groups.ts'

export interface Count {
  passed: number
  failed: number
}

export interface GroupRun {
  readonly name: string
  readonly groups: readonly TestGroup[]
  /** How many groups at once. */
  readonly lanes: number
  readonly root: string
  readonly env: Readonly<Record<string, string>>
  /** What runs one group, a file of ours unless told. */
  readonly main?: string
}

export interface GroupOutcome {
  /** One for each file. */
  readonly reports: readonly FileReport[]
  /** Groups in which something went wrong that no file's report says. */
  readonly amiss: number
}

const groupMain = fileURLToPath(new URL('group.main.ts', import.meta.url))
/** The longest file tells of its first test after half of that. */
const SILENT_MS = 15 * 60_000

export async function runGroups({ name, groups, lanes, ...how }: GroupRun): Promise<GroupOutcome> {
  const began = performance.now()
  const outcomes: GroupOutcome[] = []
  await inLanes(groups, lanes, async (group) => void outcomes.push(await runGroup(group, how)))
  const reports = outcomes.flatMap((outcome) => outcome.reports)
  const amiss = outcomes.reduce((sum, outcome) => sum + outcome.amiss, 0)
  const { passed, failed } = countReports(reports, { passed: 0, failed: amiss })
  const verdict = failed === 0 ? 'ok    ' : 'FAILED'
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(
    `${verdict} ${name} (${seconds} s): ${passed} passed, ${failed} failed in ${reports.length} files`,
  )
  return { reports, amiss }
}

async function runGroup(
  files: TestGroup,
  { root, env, main = groupMain }: Pick<GroupRun, 'root' | 'env' | 'main'>,
): Promise<GroupOutcome> {
  const reports: FileReport[] = []
  const reader = new TapReader((report) => {
    reports.push(report)
    tell(report)
  })
  let noise = ''
  const { ok } = await runStep(
    { name: files[0] ?? '', describe: '', command: ['node', main] },
    {
      cwd: root,
      env: { ...env, POSTERN_TEST_FILES: JSON.stringify(files) },
      silentMs: SILENT_MS,
      follow: (text, stream) => {
        if (stream === 'stdout') reader.push(text)
        else noise = (noise + text).slice(-100_000)
      },
    },
  )
  const lost = files.filter((file) => !reports.some((report) => report.file === file))
  // Whatever ended the process may have been left behind by the file before.
  const last = lost.length > 0 ? reports.pop() : undefined
  const suspects = [...(last && last.failed === 0 ? [last.file] : []), ...lost].map(lostReport)
  if (last && last.failed > 0) reports.push(last)
  reports.push(...suspects)
  for (const report of suspects) tell(report)
  const failed = reports.some((report) => report.failed > 0)
  if ((failed || !ok) && noise !== '') {
    console.log(`What the process of ${files.join(', ')} wrote besides:\n${noise.trimEnd()}`)
  }
  // It ended badly, although every file that it told of held.
  return { reports, amiss: !ok && !failed ? 1 : 0 }
}

export function countReports(reports: readonly FileReport[], count: Count): Count {
  for (const { passed, failed } of reports) {
    count.passed += passed
    count.failed += failed
  }
  return count
}

/** Tells what failed in a file. */
export function complain({ complaint }: FileReport): void {
  if (complaint !== '') console.log(complaint.replace(/^/gm, '      '))
}

function tell(report: FileReport): void {
  const { file, passed, failed, skipped, time } = report
  const verdict = failed === 0 ? 'ok    ' : 'FAILED'
  console.log(`  ${verdict} ${file}: ${passed}${failed > 0 ? ` passed, ${failed} failed` : ''} (${time})`)
  for (const reason of skipped) console.log(`         skipped ${reason}`)
  complain(report)
}
