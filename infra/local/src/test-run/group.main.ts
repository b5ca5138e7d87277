// Runs the test files of one group in this process, one after the other, each as one test at the top. Their names come by
// POSTERN_TEST_FILES and not as arguments: tap names the folders of `t.testdir` after those.
import { registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { fileScopes } from './file-scopes.ts'

/** A test that takes longer says so with `t.setTimeout`. */
const FILE_MS = 300_000
/** How long a process may take to end once its tests have. */
const END_MS = 30_000

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

t.setTimeout(0)
for (const file of files) {
  await t.test(file, { timeout: FILE_MS }, async (t) => {
    const { href } = pathToFileURL(resolve(file))
    fileScopes.set(href, t)
    await import(href)
  })
  // A promise that it left behind and nobody listens to ends this process now, and not in the next file's tests.
  await setImmediate()
}
t.end()
setTimeout(() => {
  console.error(
    `The tests have ended, and these are still open: ${process.getActiveResourcesInfo().join(', ')}.`,
  )
  process.exit(1)
}, END_MS).unref()
