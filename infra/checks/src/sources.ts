// Settings, time and randomness come in as arguments: only the files listed here touch where they come from. A line of
// this list that is no longer needed fails too.

import { houseFiles, readText } from './house-files.ts'
import { report } from './report.ts'

interface Source {
  readonly what: string
  readonly found: RegExp
  readonly instead: string
  /** Each file that may, with the reason. */
  readonly allowed: ReadonlyMap<string | RegExp, string>
}

const SOURCES: readonly Source[] = [
  {
    what: 'the environment',
    found: /\bprocess\.env\b|\bprocess\[['"]env['"]\]|\{[^}]*\benv\b[^}]*\} *= *process\b/,
    instead:
      'Settings are read once, in config.ts, from what main.ts hands it: take the value as an argument.',
    allowed: new Map<string | RegExp, string>([
      [/\/src\/main\.ts$/, 'hands the environment to config.ts'],
      [/\/src\/config\.ts$/, 'reads the settings'],
      [
        'packages/service-kit/src/lifecycle.ts',
        'POSTERN_SUPERVISED is said by whoever starts the process, not by its settings',
      ],
    ]),
  },
  {
    what: 'the clock',
    found: /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)/,
    instead:
      'Take a clock as an argument (packages/service-kit/src/clock.ts); what decides asks the database’s now().',
    allowed: new Map<string | RegExp, string>([
      [/\/src\/main\.ts$/, 'gives the start its instant'],
      ['packages/service-kit/src/clock.ts', 'the clock itself'],
      ['packages/sandbox/src/clock.ts', 'the sandbox’s clock itself'],
    ]),
  },
  {
    what: 'randomness',
    found:
      /\bMath\.random\b|\b(?:randomBytes|randomUUID|randomInt|randomFill(?:Sync)?|getRandomValues)\b|\bgenerateKey(?:Pair)?Sync\b/,
    instead:
      'Take the source as an argument (packages/service-kit/src/random.ts), so that a test can say what it gives.',
    allowed: new Map<string | RegExp, string>([
      ['packages/service-kit/src/random.ts', 'the source itself'],
      ['packages/sandbox/src/random.ts', 'the sandbox’s source itself'],
      [
        'packages/config/src/secrets.ts',
        'a key that stands in after a fault, so that all faults are found; it is never used',
      ],
      ['packages/token/src/generate-key.ts', 'OpenSSL makes key pairs from its own source only'],
    ]),
  },
]
// What runs on a developer's machine, or in tests only, starts processes and waits for them.
const LOOKED_AT = /^(?:services|packages)\/(?!testkit\/)[^/]+\/src\/.*\.ts$/

export function checkSources(root: string): string[] {
  const files = houseFiles(root).filter((file) => LOOKED_AT.test(file))
  const texts = new Map(files.map((file) => [file, withoutComments(readText(root, file) ?? '')]))
  return SOURCES.flatMap((source) => {
    const users = files.filter((file) => source.found.test(texts.get(file) ?? ''))
    const misused = users.filter((file) => !mayUse(source, file))
    const stale = [...source.allowed.keys()].filter(
      (allowed) => typeof allowed === 'string' && !users.includes(allowed),
    )
    return [
      ...misused.map((file) => `${file} reaches for ${source.what} itself. ${source.instead}`),
      ...stale.map(
        (file) =>
          `${file} no longer uses ${source.what}: take it off the list in infra/checks/src/sources.ts.`,
      ),
    ]
  })
}

function mayUse({ allowed }: Source, file: string): boolean {
  return [...allowed.keys()].some((known) => (typeof known === 'string' ? known === file : known.test(file)))
}

function withoutComments(text: string): string {
  return text.replace(/(^|\s)\/\*[\s\S]*?\*\//gm, '$1').replace(/(^|\s)\/\/.*$/gm, '$1')
}

if (import.meta.main) await report(checkSources)
