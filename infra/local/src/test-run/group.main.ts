// Runs the test files of one group in this process, one after the other, each as one test at the top. Their names come by
// POSTERN_TEST_FILES and not as arguments: tap names the folders of `t.testdir` after those.
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { fileScopes } from './file-scopes.ts'
import { ALL_HAD_THEIR_TURN } from './tap-reader.ts'

/** A test that takes longer says so with `t.setTimeout`. */
const FILE_MS = 300_000
/** How long a process may take to end once its tests have: a house that it shared is taken down in that time. */
const END_MS = 120_000
/** What tap does not exit with. */
const DOES_NOT_END = 3

const files: string[] = JSON.parse(process.env.POSTERN_TEST_FILES ?? '[]')
delete process.env.POSTERN_TEST_FILES

const scope = new URL('./file-scope.ts', import.meta.url)
registerHooks({
  resolve(specifier, context, next) {
    const importer = context.parentURL ?? ''
    if (specifier !== 'tap' || !fileScopes.has(importer)) return next(specifier, context)
    return {
      url: `${scope}?file=${encodeURIComponent(importer)}`,
      format: 'module-typescript',
      shortCircuit: true,
    }
  },
})

const open = () => process.getActiveResourcesInfo().length
/** Files after which more was open than before. */
const leavers: string[] = []

t.setTimeout(0)
for (const file of files) {
  const before = open()
  await t.test(file, { timeout: FILE_MS }, async (t) => {
    const { href } = pathToFileURL(resolve(file))
    fileScopes.set(href, t)
    await import(href)
  })
  // A promise that it left behind and nobody listens to ends this process now, and not in the next file's tests.
  await setImmediate()
  if (open() > before) leavers.push(file)
}
console.log(ALL_HAD_THEIR_TURN)
t.end()
setTimeout(() => {
  const resources = process.getActiveResourcesInfo().join(', ')
  console.error(
    `The tests have ended, and these are still open: ${resources}. More was open after: ${leavers.join(', ')}.`,
  )
  process.exit(DOES_NOT_END)
}, END_MS).unref()
