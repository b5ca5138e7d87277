// One breach of every check, and the sentence that must block it. What the checks look for is put together here, so that
// this file does not hold it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKOUT } from './house-copy.ts'

export interface Breach {
  readonly check: string
  readonly what: string
  readonly file: string
  readonly text: string
  readonly sentences: readonly string[]
}

const page = (path: string) => readFileSync(join(CHECKOUT, path), 'utf8')
const withoutRow = (path: string, name: string) =>
  page(path).replace(new RegExp(`^\\| \`${name}\`.*\\n`, 'm'), '')

const MISSING = `# A page

See [there](nowhere.md) and [here](#no-such-heading); run \`npm run nothing\`, read \`packages/token/src/nothing.ts\`, set
\`POSTERN_${'NOTHING'}\`, expect \`NO_SUCH_CODE\` and \`challenge.forgotten\`, ask \`GET /v1/nothing/{id}\`.
`

export const BREACHES: readonly Breach[] = [
  {
    check: 'boundaries',
    what: 'a service imports another',
    file: 'services/gateway/src/breach.ts',
    text: "import '../../notifier/src/sender/sender.ts'\n",
    sentences: [
      'services/gateway/src/breach.ts imports services/notifier/src/sender/sender.ts (services-never-meet).',
    ],
  },
  {
    check: 'names',
    what: 'a file is named for a drawer',
    file: 'packages/token/src/helpers.ts',
    text: 'export const one = 1\n',
    sentences: ['packages/token/src/helpers.ts: "helpers" names a drawer'],
  },
  {
    check: 'sizes',
    what: 'a file is too long',
    file: 'packages/token/src/long-story.ts',
    text: 'export {}\n'.repeat(251),
    sentences: ['packages/token/src/long-story.ts has 251 lines of at most 250'],
  },
  {
    check: 'words',
    what: 'a file names a path of one machine',
    file: 'docs/breach.md',
    text: `Look into ${['', 'home', 'ada', 'postern'].join('/')}.\n`,
    sentences: ['docs/breach.md:1:'],
  },
  {
    check: 'sources',
    what: 'a service asks the clock itself',
    file: 'services/gateway/src/breach.ts',
    text: 'export const now = () => Date.now()\n',
    sentences: ['services/gateway/src/breach.ts reaches for the clock itself.'],
  },
  {
    check: 'error-codes',
    what: 'an error code is missing on its page',
    file: 'docs/errors.md',
    text: withoutRow('docs/errors.md', 'TOKEN_USED'),
    sentences: ['docs/errors.md does not list TOKEN_USED'],
  },
  {
    check: 'event-kinds',
    what: 'an event kind is missing on its page',
    file: 'docs/events.md',
    text: withoutRow('docs/events.md', 'session.opened'),
    sentences: ['docs/events.md does not list session.opened.'],
  },
  {
    check: 'fault-table',
    what: 'a fault has no test, and one whose test is gone',
    file: 'docs/chaos.md',
    text:
      '| fault | required | tests |\n| - | - | - |\n| a flood | it swims | hope |\n' +
      '| a fire | it is put out | `packages/queue/test/relay.test.ts` "a relay that burns" |\n' +
      '| a storm | it stands | `packages/queue/test/storm.test.ts` "a relay that stands" |\n',
    sentences: [
      'docs/chaos.md:3 names no test for "a flood".',
      'docs/chaos.md:4: packages/queue/test/relay.test.ts has no "a relay that burns".',
      'docs/chaos.md:5 names packages/queue/test/storm.test.ts, which is not there.',
    ],
  },
  {
    check: 'docs',
    what: 'a page names what is not there',
    file: 'docs/breach.md',
    text: MISSING,
    sentences: [
      'docs/breach.md:3 links to nowhere.md, which is not there.',
      'docs/breach.md:3 links to #no-such-heading, but docs/breach.md has no heading of that name.',
      'docs/breach.md:3 names the command npm run nothing,',
      'docs/breach.md:3 names packages/token/src/nothing.ts, which is not there.',
      'docs/breach.md:4 names the setting POSTERN_NOTHING, which nothing reads.',
      'docs/breach.md:4 names NO_SUCH_CODE,',
      'docs/breach.md:4 names challenge.forgotten,',
      'docs/breach.md:4 names /v1/nothing/{id}, which no route answers.',
    ],
  },
  {
    check: 'single-use',
    what: 'a store spends something that the registry does not list',
    file: 'services/gateway/src/challenge/breach.store.ts',
    text: 'export const spend = `UPDATE recovery_codes SET used_at = now() WHERE id = $1`\n',
    sentences: [
      'services/gateway/src/challenge/breach.store.ts sets recovery_codes.used_at without asking that it is NULL',
      'services/gateway/src/challenge/breach.store.ts changes recovery_codes.used_at in 1 statements, of which the registry lists 0',
    ],
  },
  {
    check: 'single-use',
    what: 'a table holds a secret and a counter that the registry does not list',
    file: 'packages/db/src/migrations/0099-breach.sql',
    text:
      'CREATE TABLE vouchers (\n  tenant_id uuid NOT NULL,\n  digest bytea NOT NULL,\n  tries smallint NOT NULL,\n' +
      '  used_at timestamptz\n);\n',
    sentences: [
      'packages/db/src/migrations/0099-breach.sql: vouchers.digest is a secret',
      'packages/db/src/migrations/0099-breach.sql: vouchers.tries marks what happened once, or counts',
      'packages/db/src/migrations/0099-breach.sql: vouchers.used_at marks what happened once, or counts',
    ],
  },
  {
    check: 'single-use',
    what: 'a race test lets one run alone',
    file: 'services/gateway/test/tenant/disable-tenant.test.ts',
    text: "t.test('a tenant disabled by many at once ends each session once', async (t) => t.pass())\n",
    sentences: [
      "'a tenant disabled by many at once ends each session once' in services/gateway/test/tenant/disable-tenant.test.ts is no race",
    ],
  },
  {
    check: 'unused',
    what: 'a file is left over',
    file: 'services/gateway/src/challenge/left-over.ts',
    text: 'export const leftOver = 1\n',
    sentences: ['services/gateway/src/challenge/left-over.ts'],
  },
]
