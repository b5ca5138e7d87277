// The arguments of `npm start`. Whatever is wrong with them is told in a sentence.
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { lastOffset } from './ports.ts'
import { SetupError } from './setup-error.ts'

export interface StartArguments {
  readonly portBase: number
  /** Absolute. */
  readonly dataDir: string
  /** File holding an administrator's URL of a Postgres of one's own. */
  readonly databaseUrlFile: string | null
  /** `null`: as configured before; `''`: back to the queue on Postgres. */
  readonly redisUrl: string | null
}

export const startUsage = `npm start -- [options]
  --port-base N             first of six ports, 4000 unless told
  --data-dir DIR            where everything is kept, .postern in the checkout unless told
  --database-url-file FILE  a Postgres of your own: a file with the URL of a role that may make roles and databases
  --redis-url URL           carry the queue on this Redis; "none": on Postgres again`

/**
 * @param argv arguments after the command's name
 * @param places the checkout, and where the person stands (relative paths are theirs)
 */
export function parseStartArguments(
  argv: string[],
  places: { root: string; cwd: string },
): StartArguments | 'help' {
  const values = parse(argv)
  if (values.help) return 'help'
  const file = values['database-url-file']
  return {
    portBase: port(values['port-base'] ?? '4000'),
    dataDir: dataDir(values['data-dir'], places),
    databaseUrlFile: file === undefined ? null : resolve(places.cwd, file),
    redisUrl: redis(values['redis-url']),
  }
}

/** The data-dir as an argument names it; shared with the other commands. */
export function dataDir(given: string | undefined, places: { root: string; cwd: string }): string {
  if (given === '') throw new SetupError('--data-dir needs a folder.')
  return given === undefined ? resolve(places.root, '.postern') : resolve(places.cwd, given)
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        'port-base': { type: 'string' },
        'data-dir': { type: 'string' },
        'database-url-file': { type: 'string' },
        'redis-url': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    throw new SetupError(`${(error as Error).message.split('. ')[0]}.\n${startUsage}`)
  }
}

function port(text: string): number {
  const highest = 65_535 - lastOffset
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (number >= 1024 && number <= highest) return number
  throw new SetupError(`--port-base must be a number from 1024 to ${highest}.`)
}

function redis(text: string | undefined): string | null {
  if (text === undefined) return null
  if (text === 'none') return ''
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^rediss?:$/.test(url.protocol)) {
    throw new SetupError('--redis-url must look like redis://127.0.0.1:6379, or be "none".')
  }
  // A command line is readable by every account of the machine.
  if (url.password !== '') {
    throw new SetupError(
      'A Redis URL with a password does not belong on a command line: write it to the files queue-url and ' +
        'redis-url in the folder secrets of the data-dir.',
    )
  }
  return text
}
