// A sandbox on a free loopback port, closed with the test, and the few calls that tests make of it.

import { createSandbox, type Sandbox, type SandboxOptions } from '@postern/sandbox/sandbox'
import type { Test } from 'tap'
import type { LedgerEntry } from '../src/ledger/ledger.ts'

export async function setupSandbox(t: Test, options: SandboxOptions = {}): Promise<Sandbox> {
  const faults: unknown[] = []
  const sandbox = await createSandbox({ reportFault: (cause) => faults.push(cause), ...options })
  t.teardown(async () => {
    await sandbox.close()
    if (faults.length > 0) throw new Error('the sandbox had a fault of its own', { cause: faults[0] })
  })
  return sandbox
}

export function mailTo(to: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    personalizations: [
      { to: [{ email: to }], custom_args: { delivery_id: `delivery of ${to}`, attempt: '1' } },
    ],
    from: { email: 'sign-in@example.com', name: 'Example' },
    subject: 'Your link',
    content: [
      { type: 'text/plain', value: 'Hello' },
      { type: 'text/html', value: '<p>Hello</p>' },
    ],
    ...more,
  }
}

export async function sendMail(sandbox: Sandbox, mail: unknown, init: RequestInit = {}): Promise<Response> {
  return await fetch(`${sandbox.url}/sendgrid/v3/mail/send`, {
    method: 'POST',
    headers: { authorization: 'Bearer SG.any', 'content-type': 'application/json' },
    body: JSON.stringify(mail),
    ...init,
  })
}

export async function script(sandbox: Sandbox, fault: Record<string, unknown>): Promise<Response> {
  return await fetch(`${sandbox.url}/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'sendgrid', ...fault }),
  })
}

export async function calls(sandbox: Sandbox, query = ''): Promise<LedgerEntry[]> {
  return (await (await fetch(`${sandbox.url}/calls${query}`)).json()) as LedgerEntry[]
}

export async function inbox(sandbox: Sandbox, query = ''): Promise<Record<string, unknown>[]> {
  return (await (await fetch(`${sandbox.url}/inbox/messages${query}`)).json()) as Record<string, unknown>[]
}
