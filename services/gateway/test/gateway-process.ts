// Gateways as processes of their own, for tests that kill them.

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { bareEnvironment } from '@postern/testkit/bare-environment'
import { bearer, type House } from './setup.ts'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

export interface GatewayProcess {
  url: string
  child: ChildProcess
  /** Everything it printed. */
  printed(): string
  /** SIGKILL; answers when it is gone. */
  kill(): Promise<void>
}

interface Scope {
  teardown(undo: () => unknown): unknown
}

/** Starts the real process on a free port; answers when it says that it is ready. */
export async function startGateway(
  t: Scope,
  house: House,
  env: Record<string, string> = {},
): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...bareEnvironment(), ...house.env, POSTERN_GATEWAY_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const kill = async () => {
    child.kill('SIGKILL')
    await gone
  }
  t.teardown(kill)
  let printed = ''
  child.stderr.on('data', (chunk) => {
    printed += chunk
  })
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      printed += `${line}\n`
      const { msg, url } = JSON.parse(line)
      if (msg === 'ready') resolve(url)
    })
    void gone.then(() => reject(new Error(`the gateway ended: ${printed}`)))
  })
  return { url, child, printed: () => printed, kill }
}

/** POSTs as a tenant; a broken connection answers undefined. */
export async function post(
  url: string,
  key: string,
  body: object,
): Promise<{ status: number; code: string | undefined } | undefined> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...bearer(key), 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const { error } = (await answer.json()) as { error: { code: string } | null }
    return { status: answer.status, code: error?.code }
  } catch {
    return undefined
  }
}
