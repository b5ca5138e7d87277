// Runs groups of test files, tells of each file as it ends, and counts.
import { fileURLToPath } from 'node:url'
import { runStep, type StepOutcome } from '../run-step.ts'
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
  readonly group: TestGroup
  /** One for each file. */
  readonly reports: readonly FileReport[]
  /** What went wrong with the process, whatever its files say. */
  readonly amiss: readonly string[]
}

const groupMain = fileURLToPath(new URL('group.main.ts', import.meta.url))
/** Twice what the longest test gives itself. */
const SILENT_MS = 30 * 60_000

/** @returns an outcome for each group */
export async function runGroups({ name, groups, lanes, ...how }: GroupRun): Promise<GroupOutcome[]> {
  const began = performance.now()
  const outcomes: GroupOutcome[] = []
  await inLanes(groups, lanes, async (group) => void outcomes.push(await runGroup(group, how)))
  const { passed, failed } = countOf(outcomes)
  const verdict = failed === 0 ? 'ok    ' : 'FAILED'
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const files = groups.flat().length
  console.log(`${verdict} ${name} (${seconds} s): ${passed} passed, ${failed} failed in ${files} files`)
  return outcomes
}

async function runGroup(
  group: TestGroup,
  { root, env, main = groupMain }: Pick<GroupRun, 'root' | 'env' | 'main'>,
): Promise<GroupOutcome> {
  const reports: FileReport[] = []
  const add = (report: FileReport) => {
    reports.push(report)
    tell(report)
  }
  const reader = new TapReader(group, add)
  let noise = ''
  const step = await runStep(
    { name: group[0] ?? '', describe: '', command: ['node', main] },
    {
      cwd: root,
      env: { ...env, POSTERN_TEST_FILES: JSON.stringify(group) },
      silentMs: SILENT_MS,
      follow: (text, stream) => {
        if (stream === 'stdout') reader.push(text)
        else noise = (noise + text).slice(-100_000)
      },
    },
  )
  for (const file of group.slice(reports.length)) add(lostReport(file))
  const outcome = { group, reports, amiss: amissIn(step, reader, reports) }
  for (const what of outcome.amiss) console.log(`  FAILED the process of ${group.join(', ')}: ${what}`)
  if (!held(outcome) && noise !== '') console.log(`         It wrote besides:\n${noise.trimEnd()}`)
  return outcome
}

/** tap exits with 1 when a test failed, and with 0 when none did. */
function amissIn(
  { how }: StepOutcome,
  { isOver, strays }: TapReader,
  reports: readonly FileReport[],
): string[] {
  const expected = reports.some(({ failed }) => failed > 0) || strays.length > 0 ? 1 : 0
  const told = strays.map((text) => `outside of every file: ${text}`)
  if (!isOver) return [...told, `it ended with ${how} before every file had its turn`]
  return how === expected ? told : [...told, `it ended with ${how}`]
}

/** Every test of every file held, and nothing was amiss. */
export const held = ({ reports, amiss }: GroupOutcome) =>
  amiss.length === 0 && reports.every(({ failed }) => failed === 0)

export function countOf(outcomes: readonly GroupOutcome[]): Count {
  const count = { passed: 0, failed: 0 }
  for (const { reports, amiss } of outcomes) {
    count.failed += amiss.length
    for (const { passed, failed } of reports) {
      count.passed += passed
      count.failed += failed
    }
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
