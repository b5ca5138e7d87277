import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
// @ts-expect-error plain JavaScript for Node 20: it has no declarations
import { installHooks } from '../bootstrap/hooks.mjs'
// @ts-expect-error as above
import { withLock } from '../bootstrap/lock.mjs'
// @ts-expect-error as above
import { digestOf, isCurrent, writeStamp } from '../bootstrap/stamp.mjs'
// @ts-expect-error as above
import { isAtLeast } from '../bootstrap/version.mjs'

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'postern-bootstrap-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

t.test('versions compare by their numbers', async (t) => {
  const newer = ['v24.12.0', '24.12.1', '24.21.0', '25.0.0', '26.10.0-nightly']
  const older = ['20.20.2', '24.11.9', '24.2.0', 'v9.99.99', '']
  t.ok(newer.every((version) => isAtLeast(version, '24.12.0')))
  t.notOk(older.some((version) => isAtLeast(version, '24.12.0')))
})

t.test('a stamp is stale when a file or the platform it stands for changed', async (t) => {
  const path = folder(t)
  const [file, stamp] = [join(path, 'lock.yaml'), join(path, 'stamp')]
  const now = (platform = 'linux') => digestOf({ texts: [platform], files: [file, join(path, 'missing')] })
  writeFileSync(file, 'one')
  t.notOk(isCurrent(stamp, now()))
  writeStamp(stamp, now())
  t.ok(isCurrent(stamp, now()))
  t.notOk(isCurrent(stamp, now('darwin')))
  writeFileSync(file, 'two')
  t.notOk(isCurrent(stamp, now()))
})

t.test('a lock lets one in at a time and outlives no owner', async (t) => {
  const lock = join(folder(t), 'sub', 'install.lock')
  let inside = 0
  let most = 0
  const work = async () => {
    inside += 1
    most = Math.max(most, inside)
    await new Promise((resolve) => setImmediate(resolve))
    inside -= 1
  }
  await Promise.all([withLock(lock, work), withLock(lock, work), withLock(lock, work)])
  t.equal(most, 1)
  const gone = spawnSync(process.execPath, ['-e', ''])
  writeFileSync(lock, String(gone.pid))
  await withLock(lock, work)
  t.notOk(existsSync(lock))
})

t.test('hooks are not installed in CI nor outside a checkout', async (t) => {
  const path = folder(t)
  t.equal(installHooks(path, {}), false, 'no checkout')
  mkdirSync(join(path, '.git'))
  t.equal(installHooks(path, { CI: 'true' }), false, 'CI')
  t.equal(installHooks(path, {}), false, 'lefthook is missing, and nothing fails')
})

t.test('without the registry a start says what is missing and leaves no half of it', async (t) => {
  const path = folder(t)
  const script = `
    import { fetchPackage } from ${JSON.stringify(new URL('../bootstrap/fetch-package.mjs', import.meta.url).href)}
    const wanted = { name: 'left-pad', version: '1.3.0', integrity: 'sha512-AAAA' }
    try { fetchPackage(wanted, ${JSON.stringify(join(path, 'left-pad'))}, () => true, 'Connect.') }
    catch (error) { console.log(error.name + ': ' + error.message) }`
  const env = {
    PATH: process.env.PATH,
    HOME: path,
    npm_config_registry: 'http://127.0.0.1:9',
    npm_config_fetch_retries: '0',
  }
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    encoding: 'utf8',
  })
  t.match(
    stdout,
    /^BootstrapError: left-pad 1\.3\.0 could not be fetched: the npm registry cannot be reached\. Connect\.\n$/,
  )
  t.same(
    readdirSync(path).filter((name) => name.startsWith('left-pad')),
    [],
  )
})

t.test('an unknown command is told with those there are', async (t) => {
  const bootstrap = new URL('../bootstrap.mjs', import.meta.url).pathname
  const { status, stderr } = spawnSync(process.execPath, [bootstrap, 'launch'], { encoding: 'utf8' })
  t.equal(status, 1)
  t.match(
    stderr,
    /^postern: Unknown command "launch"\. There are: start, test, check, bench, chaos, postern\.\n$/,
  )
})
