import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

interface Started {
  readonly child: ChildProcessWithoutNullStreams
  /** Code and signal with which it ended; heard from the start, as a word of its and its end may come together. */
  readonly ended: Promise<unknown[]>
}

function start(t: Test, env: Record<string, string>): Started {
  const child = spawn(process.execPath, [MAIN], {
    env: { POSTERN_SANDBOX_PORT: '0', POSTERN_SANDBOX_SMTP_PORT: '0', ...env },
  })
  t.teardown(() => child.kill('SIGKILL'))
  child.stderr.pipe(process.stderr)
  return { child, ended: once(child, 'exit') }
}

async function nextLine({ child }: Started): Promise<Record<string, unknown>> {
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return JSON.parse(line)
}

t.test('the process says one line when it answers, and ends at SIGTERM and SIGINT', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const started = start(t, {})
    const line = await nextLine(started)
    t.match(line, { msg: 'ready', url: /^http:\/\/127\.0\.0\.1:\d+$/ })
    const { ended } = await hang(String(line.url))
    started.child.kill(signal)
    t.same(await started.ended, [0, null], signal)
    t.equal(await ended, 'ended', 'a call that hangs on purpose does not keep it')
  }
})

/** Leaves one vendor call hanging; resolves when it surely hangs, with how it ends. */
async function hang(url: string): Promise<{ ended: Promise<string> }> {
  await fetch(`${url}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'sendgrid', mode: 'timeout' }),
  })
  const ended = fetch(`${url}/sendgrid/v3/mail/send`, { method: 'POST' }).then(
    () => 'answered',
    () => 'ended',
  )
  while (((await (await fetch(`${url}/calls`)).json()) as unknown[]).length === 0);
  return { ended }
}

t.test('a supervised process ends with its parent\u2019s pipe, another does not care', async (t) => {
  const supervised = start(t, { POSTERN_SUPERVISED: '1' })
  const free = start(t, {})
  const [, { url }] = await Promise.all([nextLine(supervised), nextLine(free)])
  free.child.stdin.end()
  supervised.child.stdin.end()
  t.same(await supervised.ended, [0, null])
  t.equal((await fetch(`${url}/livez`)).status, 200)
})

t.test('a bad setting or a taken port stops the start with a sentence', async (t) => {
  const bad = start(t, { POSTERN_SANDBOX_PORT: 'x' })
  t.match(await nextLine(bad), { level: 'error', msg: /POSTERN_SANDBOX_PORT must be a whole number/ })
  t.same(await bad.ended, [1, null])
  const first = start(t, {})
  const { port } = new URL(String((await nextLine(first)).url))
  const second = start(t, { POSTERN_SANDBOX_PORT: port })
  t.match(await nextLine(second), { level: 'error', msg: new RegExp(`address already in use.*${port}`) })
  t.same(await second.ended, [1, null])
})
