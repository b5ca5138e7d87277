import { type ChildProcess, spawn } from 'node:child_process'
import { bareEnvironment } from '@postern/testkit/bare-environment'
import { until } from '@postern/testkit/poll'
import { isAlive } from '@postern/testkit/process-tree'
import t, { type Test } from 'tap'

const module = JSON.stringify(new URL('../bootstrap/run-command.mjs', import.meta.url).href)

// Tells its id and each signal; ends on a line of input's end, or with the code that it was given.
const command = `
  process.on('SIGINT', () => console.log('SIGINT'))
  process.on('SIGTERM', () => { console.log('SIGTERM'); process.exit(3) })
  process.stdin.on('end', () => process.exit(4)).resume()
  setInterval(() => {}, 1000)
  console.log('pid', process.pid)`

function runCommand(t: Test, env: Record<string, string> = {}) {
  const script = `import { runCommand } from ${module}
    const options = { root: process.cwd(), supervised: true }
    process.exitCode = await runCommand(process.execPath, ['-e', ${JSON.stringify(command)}], options)`
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...bareEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  t.teardown(() => child.kill('SIGKILL'))
  const saying = async (pattern: RegExp) => {
    await until(() => pattern.test(said), { deadlineMs: 30_000, what: String(pattern) })
    return pattern.exec(said)?.[1] ?? ''
  }
  return { child, ended, saying, said: () => said }
}

t.test('a signal reaches the command once, and its exit code comes back', async (t) => {
  const { child, ended, saying, said } = runCommand(t)
  await saying(/pid \d+\n/)
  child.kill('SIGINT')
  await saying(/SIGINT\n/)
  child.kill('SIGTERM')
  t.equal(await ended, 3)
  t.same(said().match(/SIG\w+/g), ['SIGINT', 'SIGTERM'])
})

t.test('when the first step is killed the command notices by its closed pipe', async (t) => {
  const { child, saying } = runCommand(t)
  const pid = Number(await saying(/pid (\d+)\n/))
  child.kill('SIGKILL')
  await until(() => !isAlive(pid), { deadlineMs: 30_000 })
})

t.test('when npm is killed the command is told to stop', async (t) => {
  const script = `
    const { spawn } = require('node:child_process')
    spawn(process.execPath, process.argv.slice(1), { stdio: 'inherit', env: { ...process.env, npm_lifecycle_event: 'start' } })`
  const inner = `import { runCommand } from ${module}
    await runCommand(process.execPath, ['-e', ${JSON.stringify(command)}], { root: '/', supervised: true })`
  const npm = spawn(process.execPath, ['-e', script, '--', '--input-type=module', '-e', inner], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => npm.kill('SIGKILL'))
  let said = ''
  npm.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString()
  })
  await until(() => /pid \d+\n/.test(said), { deadlineMs: 30_000 })
  npm.kill('SIGKILL')
  const pid = Number(/pid (\d+)/.exec(said)?.[1])
  await until(() => !isAlive(pid), { deadlineMs: 30_000 })
  t.match(said, /SIGTERM/)
})
