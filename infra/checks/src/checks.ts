// The list of the house's own checks. `npm test` and `npm run check` run every one of them from the checkout's folder:
// exit code 0, or 1 after a sentence a breach that says what to do instead.

export interface Check {
  readonly name: string
  /** What holds when it passes; shown while it runs. */
  readonly describe: string
  /** What to run from the checkout's folder. The first word `node` stands for the Node that runs the list. */
  readonly command: readonly string[]
}

export const CHECKS: readonly Check[] = [
  {
    name: 'boundaries',
    describe: 'every import follows the map of the house',
    command: ['node', 'infra/checks/src/boundaries.ts'],
  },
  {
    name: 'names',
    describe: 'a file is named for what it holds',
    command: ['node', 'infra/checks/src/names.ts'],
  },
  {
    name: 'sizes',
    describe: 'no file outgrew one reading',
    command: ['node', 'infra/checks/src/sizes.ts'],
  },
  {
    name: 'words',
    describe: 'nothing is in a tracked file that must not leave the house',
    command: ['node', 'infra/checks/src/words.ts'],
  },
  {
    name: 'sources',
    describe: 'settings, time and randomness come in as arguments',
    command: ['node', 'infra/checks/src/sources.ts'],
  },
  {
    name: 'error-codes',
    describe: 'docs/errors.md lists exactly the error codes',
    command: ['node', 'infra/checks/src/error-codes.ts'],
  },
  {
    name: 'event-kinds',
    describe: 'docs/events.md lists exactly the event kinds',
    command: ['node', 'infra/checks/src/event-kinds.ts'],
  },
  {
    name: 'fault-table',
    describe: 'every fault that must be survived has its test',
    command: ['node', 'infra/checks/src/fault-table.ts'],
  },
  {
    name: 'docs',
    describe: 'the pages name only what exists',
    command: ['node', 'infra/checks/src/docs.ts'],
  },
  {
    name: 'single-use',
    describe: 'every single-use secret and counter has a race test',
    command: ['node', 'infra/checks/src/single-use.ts'],
  },
  {
    name: 'unused',
    describe: 'no file, export or dependency is left over',
    command: ['node', 'node_modules/knip/bin/knip.js', '--no-progress', '--no-config-hints'],
  },
]
