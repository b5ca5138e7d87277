// The life of a real process: signals, pipes and exit codes as a supervisor sees them.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { bareEnvironment } from '@postern/testkit/bare-environment'
import { until } from '@postern/testkit/poll'
import t, { type Test } from 'tap'

const FIXTURE = new URL('./lifecycle.fixture.ts', import.meta.url).pathname

class Service {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #exit: Promise<unknown[]>
  out = ''
  err = ''

  constructor(t: Test, mode: string, options: { drainMs?: number; env?: Record<string, string> } = {}) {
    this.child = spawn(process.execPath, [FIXTURE, mode, String(options.drainMs ?? 5_000)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...bareEnvironment(), ...options.env },
    })
    this.child.stdout.on('data', (chunk) => {
      this.out += chunk
    })
    this.child.stderr.on('data', (chunk) => {
      this.err += chunk
    })
    this.#exit = once(this.child, 'close')
    t.teardown(() => this.child.kill('SIGKILL'))
  }

  lines(): Record<string, unknown>[] {
    return this.out
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line))
  }

  said(msg: string): Promise<unknown> {
    return until(() => this.lines().some((line) => line.msg === msg), {
      deadlineMs: 30_000,
      what: `"${msg}"`,
    })
  }

  async ended(): Promise<unknown> {
    const [code] = await this.#exit
    return code
  }

  stopped(): unknown[] {
    return this.lines()
      .filter(({ msg }) => msg === 'part stopped')
      .map(({ part }) => part)
  }
}

t.test('a started service says ready, with its facts', async (t) => {
  const service = new Service(t, 'plain')
  await service.said('ready')
  t.match(service.lines().at(-1), { msg: 'ready', name: 'fixture', port: 1 })
})

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  t.test(`${signal} stops the parts in reverse order and exits 0`, async (t) => {
    const service = new Service(t, 'plain')
    await service.said('ready')
    service.child.kill(signal)
    t.equal(await service.ended(), 0)
    t.same(service.stopped(), ['third', 'second', 'first'])
    t.match(service.lines().at(-1), { msg: 'stopped', clean: true })
  })

t.test('more signals while it stops change nothing', async (t) => {
  const service = new Service(t, 'slow part')
  await service.said('ready')
  service.child.kill('SIGTERM')
  await service.said('stopping')
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) service.child.kill(signal)
  t.equal(await service.ended(), 0)
  t.same(service.stopped(), ['third', 'second', 'first'])
  t.equal(service.lines().filter(({ msg }) => msg === 'stopping').length, 1)
})

t.test(
  'a part that hangs is left behind when the time is up, the others still stop, and the exit code tells',
  async (t) => {
    const service = new Service(t, 'hanging part', { drainMs: 200 })
    await service.said('ready')
    service.child.kill('SIGTERM')
    t.equal(await service.ended(), 1)
    t.same(service.stopped(), ['third', 'first'])
    t.match(
      service.lines().find(({ part, level }) => part === 'second' && level === 'error'),
      { msg: 'part did not stop in time' },
    )
  },
)

t.test('a part that fails to stop does not keep the others from it', async (t) => {
  const service = new Service(t, 'failing part')
  await service.said('ready')
  service.child.kill('SIGTERM')
  t.equal(await service.ended(), 1)
  t.same(service.stopped(), ['third', 'first'])
  t.notMatch(service.out, 'canary')
})

t.test("supervised, it stops when the supervisor's pipe closes", async (t) => {
  const service = new Service(t, 'plain', { env: { POSTERN_SUPERVISED: '1' } })
  await service.said('ready')
  service.child.stdin.end()
  t.equal(await service.ended(), 0)
  t.same(service.stopped(), ['third', 'second', 'first'])
})

t.test('it stops in order also when nobody reads its log any more', async (t) => {
  const service = new Service(t, 'slow part', { env: { POSTERN_SUPERVISED: '1' } })
  await service.said('ready')
  service.child.stdout.destroy()
  service.child.stdin.end()
  t.equal(await service.ended(), 0)
  t.equal(service.err, '')
})

t.test('unsupervised, a closed standard input is nothing', async (t) => {
  const service = new Service(t, 'plain')
  await service.said('ready')
  service.child.stdin.end()
  service.child.kill('SIGTERM')
  await service.ended()
  t.match(
    service.lines().find(({ msg }) => msg === 'stopping'),
    { why: 'SIGTERM' },
  )
})

for (const mode of ['rejection', 'exception'] as const)
  t.test(`an unhandled ${mode} is logged without its message, stops in order and exits 1`, async (t) => {
    const service = new Service(t, mode)
    await service.said('ready')
    service.child.kill('SIGUSR2')
    t.equal(await service.ended(), 1)
    t.same(service.stopped(), ['third', 'second', 'first'])
    t.match(
      service.lines().find(({ level }) => level === 'fatal'),
      { err: { name: 'Error', stack: [/lifecycle\.fixture/] } },
    )
    t.notMatch(service.out + service.err, 'canary')
  })

t.test('a misconfigured service lists its faults plainly and exits 78', async (t) => {
  const service = new Service(t, 'misconfigured')
  t.equal(await service.ended(), 78)
  t.equal(service.err, 'fixture does not start:\n- POSTERN_PORT is not a port\n- pepper/v1 is missing\n')
})

t.test('a start that fails stops what had started and exits 1', async (t) => {
  const service = new Service(t, 'failing start')
  t.equal(await service.ended(), 1)
  t.same(service.stopped(), ['third', 'second', 'first'])
  t.match(
    service.lines().find(({ level }) => level === 'fatal'),
    { err: { name: 'TypeError' } },
  )
  t.notMatch(service.out + service.err, 'canary')
})

t.test('a signal during the start stops what had started', async (t) => {
  const service = new Service(t, 'hanging start')
  await service.said('starting')
  service.child.kill('SIGTERM')
  t.equal(await service.ended(), 0)
  t.same(service.stopped(), ['third', 'second', 'first'])
  t.notOk(service.lines().some(({ msg }) => msg === 'ready'))
})
