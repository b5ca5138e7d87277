// The steps of `npm test` and `npm run check` that read the code without running it, in the order of their speed.
import { CHECKS } from '@postern/checks/src/checks.ts'
import type { Step } from './run-step.ts'

export const staticSteps: readonly Step[] = [
  {
    name: 'format and lint',
    describe: 'every file is formatted and clean',
    command: ['node_modules/.bin/biome', 'ci', '--colors=off'],
  },
  {
    name: 'types',
    describe: 'the types hold',
    command: ['node_modules/.bin/tsc', '-p', 'tsconfig.json'],
  },
  {
    name: 'secrets',
    describe: 'no secret is in a file',
    command: ['node_modules/.bin/secretlint', '--secretlintignore', '.gitignore', '**/*'],
  },
  ...CHECKS,
]
