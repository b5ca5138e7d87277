// `npm run check`: the steps of `npm test` that only read the code.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endSteps } from './run-step.ts'
import { runChecks } from './test-run/run-tests.ts'

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    endSteps()
    process.exit(130)
  })
}

const count = { passed: 0, failed: 0 }
await runChecks(root, count)
process.exit(count.failed === 0 ? 0 : 1)
