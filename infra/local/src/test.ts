// `npm test [-- --chaos | file …]`: what must hold before a change is accepted; with `--chaos` all of it.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endSteps } from './run-step.ts'
import { sentenceOf } from './setup-error.ts'
import { runTests } from './test-run/run-tests.ts'
import { parseTestArguments, type TestArguments } from './test-run/test-arguments.ts'

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

const interrupt = () => {
  endSteps()
  process.exit(130)
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)
if (process.env.POSTERN_SUPERVISED === '1') {
  process.stdin.on('end', interrupt).on('error', interrupt).resume()
  // Tests start supervisors of their own and decide themselves what they are told.
  delete process.env.POSTERN_SUPERVISED
}

let args: TestArguments
try {
  args = parseTestArguments(process.argv.slice(2))
} catch (error) {
  console.error(`postern: ${sentenceOf(error)}`)
  process.exit(1)
}
process.exit(await runTests({ root, cwd: process.cwd() }, args))
