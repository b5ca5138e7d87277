import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { until } from '../src/poll.ts'
import { startProcessGuard } from '../src/process-guard.ts'
import { isAlive, startOf } from '../src/process-tree.ts'

function idle(t: Test, script = ''): number {
  const child = spawn(process.execPath, ['-e', `${script};setInterval(() => {}, 1000)`], { stdio: 'ignore' })
  t.teardown(() => child.kill('SIGKILL'))
  return child.pid ?? -1
}

const soon = { deadlineMs: 30_000 }

t.test('when the pipe closes, what is on the list ends and what was released does not', async (t) => {
  const guard = startProcessGuard()
  const [watched, released] = [idle(t), idle(t)]
  const folder = mkdtempSync(join(tmpdir(), 'postern-guard-'))
  for (const pid of [watched, released])
    guard.watch({ pid, signals: ['SIGTERM', 'SIGKILL'], patienceMs: 2_000 })
  guard.release(released)
  guard.discard(folder)
  guard.close()
  await until(() => !isAlive(watched) && !isAlive(guard.pid), soon)
  t.ok(isAlive(released))
  t.notOk(existsSync(folder))
})

t.test('a process that is deaf to the first signal gets the next', async (t) => {
  const guard = startProcessGuard()
  const pid = idle(t, `process.on('SIGTERM', () => {})`)
  guard.watch({ pid, signals: ['SIGTERM', 'SIGKILL'], patienceMs: 100 })
  guard.close()
  await until(() => !isAlive(pid), soon)
})

t.test('a process is told from a later one with the same id', async (t) => {
  const pid = idle(t)
  t.ok(isAlive(pid))
  t.equal(startOf(pid), startOf(pid))
  t.not(startOf(pid), startOf(process.pid))
  process.kill(pid, 'SIGKILL')
  await until(() => !isAlive(pid), soon)
  t.equal(startOf(2 ** 30), null)
})
