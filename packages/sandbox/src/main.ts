// The sandbox as a process: says when it is ready, and ends on SIGTERM, SIGINT or, supervised, with its parent.

import { readSettings } from './config.ts'
import { createSandbox } from './sandbox.ts'

function say(line: { level: 'info' | 'error'; msg: string; [fact: string]: unknown }): void {
  process.stdout.write(`${JSON.stringify({ ...line, service: 'sandbox', time: new Date().toISOString() })}\n`)
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

async function main(): Promise<void> {
  const { supervised, ...settings } = readSettings(process.env)
  const sandbox = await createSandbox({
    ...settings,
    reportFault: (cause) => say({ level: 'error', msg: 'fault', fault: messageOf(cause) }),
  })
  let stopping = false
  const stop = (why: string) => {
    if (stopping) return
    stopping = true
    say({ level: 'info', msg: 'stopping', why })
    sandbox.close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  if (supervised) process.stdin.on('end', () => stop('the parent is gone')).resume()
  say({ level: 'info', msg: 'ready', url: sandbox.url, smtp_port: sandbox.smtpPort })
}

main().catch((cause: unknown) => {
  say({ level: 'error', msg: messageOf(cause) })
  process.exitCode = 1
})
