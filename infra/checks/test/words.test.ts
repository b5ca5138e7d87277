import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { checkSources } from '../src/sources.ts'
import { checkWords } from '../src/words.ts'

// Put together here, so that this file does not hold what is looked for.
const only = ['t', 'only'].join('.')
const skip = ['t', 'skip'].join('.')
const registry = ['registry', 'npmjs', 'org'].join('.')
const skipped = ['skip', 'true'].join(': ')
const unfinished = ['TO', 'DO'].join('')

t.test('what must not leave the house is found, and what looks like it is not', async (t) => {
  const root = t.testdir()
  const faults = (file: string, text: string) => {
    writeFileSync(join(root, 'x.test.ts'), '')
    writeFileSync(join(root, file), text)
    const found = checkWords(root).filter((fault) => fault.startsWith(`${file}:`))
    writeFileSync(join(root, file), '')
    return found.length
  }
  const found: [string, string][] = [
    ['a.md', `in ${['', 'root', '.npm'].join('/')}`],
    ['a.md', `see ${['https:', '', registry, 'x'].join('/')}`],
    ['a.yml', `registry: ${registry}`],
    ['x.test.ts', `${only}('this one', async () => {})`],
    ['x.test.ts', `${skip}('later', async () => {})`],
    ['x.test.ts', `t.test('x', { ${skipped} }, async () => {})`],
    ['a.ts', `// ${unfinished} tidy`],
    ['a.sql', `-- ${unfinished}: index`],
  ]
  for (const [file, text] of found) t.equal(faults(file, text), 1, text)
  const fine: [string, string][] = [
    ['a.md', 'services/audit/work/x and ./root/x and /run/secrets/x'],
    ['x.test.ts', "t.test('x', { skip: hasGit ? false : 'git is missing' }, async () => {})"],
    ['x.test.ts', `${skip}('needs a machine with IPv6', async () => {})`],
    ['a.ts', `// @${unfinished}(#12) tidy`],
    ['a.ts', `const tap = /# ${unfinished}/`],
  ]
  for (const [file, text] of fine) t.equal(faults(file, text), 0, text)
})

t.test(
  'settings, time and randomness are found in code, not in comments, and only where they do not belong',
  async (t) => {
    const root = t.testdir({
      services: {
        gateway: {
          src: {
            'main.ts': 'start(process.env, new Date())',
            'a.ts': '// not Date.now()\n/** nor process.env */\nnew Date(text); url = "https://x"',
            'b.ts': 'const key = process.env.KEY',
            'c.ts': 'const at = new Date()',
            'd.ts': 'const id = randomUUID()',
          },
        },
      },
    })
    const files = checkSources(root).filter((fault) => fault.includes('reaches for'))
    t.strictSame(
      files.map((fault) => /(\w)\.ts reaches for (?:the )?(\w+)/.exec(fault)?.slice(1).join(' ')),
      ['b environment', 'c clock', 'd randomness'],
    )
  },
)
