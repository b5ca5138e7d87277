// `npm run postern -- <command>`: the operator's commands.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { dataDir } from './arguments.ts'
import { rotateKey } from './rotate-key.ts'
import { SetupError, sentenceOf } from './setup-error.ts'

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))
const usage = 'npm run postern -- keys rotate RING [--data-dir DIR]'

function run(argv: string[]): string {
  const options = { 'data-dir': { type: 'string' } } as const
  const { positionals, values } = parseArgs({ args: argv, options, allowPositionals: true })
  const [group, action, ...rest] = positionals
  if (group !== 'keys' || action !== 'rotate' || rest.length > 1) throw new SetupError(`Usage: ${usage}`)
  return rotateKey(dataDir(values['data-dir'], { root, cwd: process.cwd() }), rest[0])
}

try {
  console.log(run(process.argv.slice(2)))
} catch (error) {
  console.error(`postern: ${sentenceOf(error)}`)
  process.exitCode = 1
}
