// The first step of every command (`npm start`, `npm test` …). Needs nothing but Node 20 and npm: it brings the
// Node and pnpm that the rest needs, installs the dependencies when they changed, and runs the command.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BootstrapError } from './bootstrap/bootstrap-error.mjs'
import { installHooks } from './bootstrap/hooks.mjs'
import { installDependencies, prepareTap } from './bootstrap/install.mjs'
import { ensureNode } from './bootstrap/node.mjs'
import { runCommand } from './bootstrap/run-command.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const commands = {
  start: { entry: 'infra/local/src/start.ts', hooks: true, supervised: true },
  test: { entry: 'infra/local/src/test.ts', hooks: true, tap: true, supervised: true },
  check: { entry: 'infra/local/src/check.ts' },
  bench: { entry: 'bench/src/main.ts' },
  chaos: { entry: 'chaos/src/main.ts' },
  postern: { entry: 'infra/local/src/postern.ts' },
}

async function main([name = '', ...args]) {
  const command = commands[name]
  if (!command)
    throw new BootstrapError(`Unknown command "${name}". There are: ${Object.keys(commands).join(', ')}.`)
  const node = await ensureNode(root)
  await installDependencies(root, node)
  if (command.tap) await prepareTap(root, node)
  if (command.hooks) installHooks(root, process.env)
  if (!existsSync(join(root, command.entry)))
    throw new BootstrapError(`${command.entry} is missing in this checkout.`)
  return runCommand(node, [join(root, command.entry), ...args], {
    root,
    supervised: command.supervised === true,
  })
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof BootstrapError)) throw error
  console.error(`postern: ${error.message}`)
  process.exitCode = 1
}
