// One start, from its arguments to its end: raises the house, says where everything is, and takes it down when
// the person asks, the process above is gone, or a part ends by itself.
import { parseStartArguments, startUsage } from './arguments.ts'
import { banner } from './banner.ts'
import { type DataDir, openDataDir } from './data-dir.ts'
import { type RaisedHouse, raiseHouse } from './raise-house.ts'
import { SetupError, sentenceOf } from './setup-error.ts'
import { StoppedError, Supervisor } from './supervisor.ts'

/**
 * Returns the exit code: 0 after an ordered stop, 1 (and one sentence) when something was in the way or a part
 * ended by itself.
 * @param root the checkout whose services are started
 * @param argv arguments after the command's name
 */
export async function runStart(root: string, argv: string[]): Promise<number> {
  const began = performance.now()
  try {
    const args = parseStartArguments(argv, { root, cwd: process.cwd() })
    if (args === 'help') {
      console.log(startUsage)
      return 0
    }
    const dataDir = openDataDir(args.dataDir)
    const supervisor = new Supervisor()
    const raising = raiseHouse({ root, args, dataDir, supervisor, env: process.env })
    try {
      await live(raising, { supervisor, dataDir, began })
    } finally {
      await takeDown(raising, supervisor)
      dataDir.release()
    }
    return 0
  } catch (error) {
    if (error instanceof StoppedError) return 0
    console.error(`postern: ${sentenceOf(error)}`)
    return 1
  }
}

async function live(
  raising: Promise<RaisedHouse>,
  { supervisor, dataDir, began }: { supervisor: Supervisor; dataDir: DataDir; began: number },
): Promise<void> {
  const asked = untilAsked(supervisor)
  const fallen = supervisor.fallen.then((how) => {
    throw new SetupError(`${how} Everything else was stopped.`)
  })
  const raised = await Promise.race([raising, fallen, asked])
  if (raised === undefined) return
  const seconds = (performance.now() - began) / 1000
  console.log(banner({ ...raised, dataDir: dataDir.path, cwd: process.cwd(), seconds }))
  await Promise.race([asked, fallen])
}

/** Settles when the person, or the process above, wants the end. */
function untilAsked(supervisor: Supervisor): Promise<void> {
  return new Promise((resolve) => {
    const ask = () => {
      if (!supervisor.isStopping) console.log('\n  Stopping …')
      // From here on nothing new may start, whatever the rest of the start is doing.
      void supervisor.stop()
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask)
    if (process.env.POSTERN_SUPERVISED === '1') process.stdin.on('end', ask).on('error', ask).resume()
  })
}

/** Stops what runs, then waits for the start itself: what it was just about to add stops too. */
async function takeDown(raising: Promise<unknown>, supervisor: Supervisor): Promise<void> {
  await supervisor.stop()
  await raising.catch(() => undefined)
}
