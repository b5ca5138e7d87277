// `npm run postern -- <command>`: the operator's commands.
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { dataDir } from './arguments.ts'
import { createSecrets } from './create-secrets.ts'
import { secretsOf } from './data-dir.ts'
import { rotateKey } from './rotate-key.ts'
import { SetupError, sentenceOf } from './setup-error.ts'

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
const usage = `Usage:
  npm run postern -- keys rotate RING [--data-dir DIR | --secrets DIR]   adds a key to a ring
  npm run postern -- secrets create DIR                                  makes the secrets for docker-compose.yml`

function run(argv: string[]): string {
  const { positionals, values } = parse(argv)
  const [group, action, subject, ...rest] = positionals
  if (values.help) return usage
  if (rest.length > 0) throw new SetupError(usage)
  if (group === 'keys' && action === 'rotate' && subject !== undefined) {
    const place = dataDir(values['data-dir'], { root, cwd: process.cwd() })
    return rotateKey(values.secrets === undefined ? secretsOf(place) : resolve(values.secrets), subject)
  }
  if (group === 'secrets' && action === 'create' && subject !== undefined)
    return createSecrets(resolve(subject))
  throw new SetupError(usage)
}

function parse(argv: string[]) {
  const options = {
    'data-dir': { type: 'string' },
    secrets: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  } as const
  try {
    return parseArgs({ args: argv, options, allowPositionals: true })
  } catch (error) {
    throw new SetupError(`${(error as Error).message.split('. ')[0]}.\n${usage}`)
  }
}

try {
  console.log(run(process.argv.slice(2)))
} catch (error) {
  console.error(`postern: ${sentenceOf(error)}`)
  process.exitCode = 1
}
