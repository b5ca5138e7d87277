import t from 'tap'
import { apiPathsIn, isAnswered } from '../../src/docs/api-paths.ts'
import { readHouse } from '../../src/docs/house.ts'
import { anchorsOf, readPage } from '../../src/docs/markdown.ts'
import { pageFaults } from '../../src/docs/page-faults.ts'
import { secretsPageFaults, settingsPageFaults } from '../../src/docs/settings-page.ts'
import { CHECKOUT } from '../house-copy.ts'

const house = readHouse(CHECKOUT)
const faultsOf = (text: string) => pageFaults(readPage('docs/page.md', text), house)

t.test('what exists is named freely', async (t) => {
  const page = [
    '# A page',
    'See [the kinds](events.md#events), [here](#a-page) and [elsewhere](https://example.com/x.md).',
    'Read `packages/token/src/link-token.ts`, `@postern/token/link-token`, `services/<name>/src/main.ts`, `*.store.ts`,',
    '`packages/{db,token}/src/`, `link-token.ts:12` and `<data-dir>/dev.json`; send `application/json` or `text/html`.',
    'Set `POSTERN_SECRETS_DIR` or any `POSTERN_…`; run `npm start`, `npm run check`.',
    'Expect `TOKEN_USED`, `session.opened`, `challenges:write`; ask `GET /v1/magic-links/{id}?x=1`.',
    '```sh',
    'npm test -- packages/token/test/link-token.test.ts',
    'curl localhost:4000/v1/magic-links/019a9c11-6d2e-7c4b-9a55-0d6f0e7b1c42',
    '```',
  ]
  t.strictSame(faultsOf(page.join('\n')), [])
})

t.test('what does not exist is told with its line', async (t) => {
  for (const [text, fault] of [
    ['[x](../nowhere.md)', /^docs\/page\.md:1 links to \.\.\/nowhere\.md, which is not there\.$/],
    ['[x](events.md#nothing)', /docs\/events\.md has no heading of that name/],
    ['`npm run nothing`', /names the command npm run nothing/],
    ['`@postern/token/nothing`', /names @postern\/token\/nothing, which is not there/],
    ['`services/*/src/nothing.ts`', /names services\/\*\/src\/nothing\.ts/],
    ['`nothing.store.ts`', /names nothing\.store\.ts/],
    ['`TOKEN_FORGOTTEN`', /names TOKEN_FORGOTTEN/],
    ['`session.forgotten`', /names session\.forgotten/],
    [
      '`challenges:forget`\n`everything:read`',
      /^docs\/page\.md:2 names everything:read, which is no scope\.$/,
    ],
    ['`POST /v1/nothing`', /names \/v1\/nothing, which no route answers/],
    [
      '```sh\nnode packages/token/src/nothing.ts\n```',
      /^docs\/page\.md:2 names packages\/token\/src\/nothing\.ts/,
    ],
  ] as const) {
    const faults = faultsOf(text)
    t.equal(faults.length, 1, `${text}: ${faults}`)
    t.match(faults[0], fault)
  }
})

t.test('what is planned is left out, up to where it ends', async (t) => {
  const planned = '<!-- not built yet: #5 -->\n`POST /v1/nothing`\n<!-- built -->\n`POST /v1/nothing`\n'
  t.strictSame(faultsOf(planned), ['docs/page.md:4 names /v1/nothing, which no route answers.'])
})

t.test('anchors are those that GitHub gives', async (t) => {
  const page = readPage(
    'a.md',
    '# `npm test` & more\n## It’s here: [a link](b.md)\n## Twice\n## Twice\n```\n# no heading\n```\n',
  )
  t.strictSame([...anchorsOf(page)], ['npm-test--more', 'its-here-a-link', 'twice', 'twice-1'])
})

t.test('a bar inside a code span ends no cell', async (t) => {
  const { rows } = readPage('a.md', '| a | b |\n|---|---|\n| `x|y` | z \\| w |\n')
  t.strictSame(
    rows.map(({ cells }) => cells),
    [
      ['a', 'b'],
      ['`x|y`', 'z \\| w'],
    ],
  )
})

t.test('a path is answered by a route, or by a prefix and the rest', async (t) => {
  const routes = new Set(['/v1/users/:id', '/sendgrid', '/v3/mail/send', '/'])
  const answered = (path: string) => isAnswered(path, routes)
  t.ok(['/v1/users/{id}', '/v1/users/<id>', '/v1/users/$ID', '/sendgrid/v3/mail/send', '/'].every(answered))
  t.notOk(['/v1/users', '/v1/users/search', '/v1/users/{id}/totp', '/v3/mail', '/v1'].some(answered))
  t.strictSame(apiPathsIn('GET|HEAD /l'), ['/l'])
  t.strictSame(apiPathsIn("curl 'http://127.0.0.1:4000/v1/events?limit=2'"), ['/v1/events'])
  t.strictSame(apiPathsIn('docs/v1/x and a/b'), [])
})

t.test('the page of settings tells each with its default, and each secret', async (t) => {
  const page = readPage(
    'docs/configuration.md',
    '| `POSTERN_A` | `5` | x |\n| `POSTERN_B` | `6` | x |\nIn `seal/` and `admin-key`.\n',
  )
  const setting = (env: string, fallback: string | null) => ({
    env,
    default: fallback,
    required: false,
    describe: '',
  })
  t.strictSame(
    settingsPageFaults(page, [
      setting('POSTERN_A', '5'),
      setting('POSTERN_B', '7'),
      setting('POSTERN_C', null),
    ]),
    [
      'docs/configuration.md:2 does not show the default of POSTERN_B, `7`.',
      'docs/configuration.md has no row that begins with `POSTERN_C`: the services read it.',
    ],
  )
  t.strictSame(secretsPageFaults(page, ['seal', 'admin-key', 'jwt']), [
    'docs/configuration.md does not name the secret `jwt`.',
  ])
})
