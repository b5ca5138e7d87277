// The demo with a fake Postern behind it, and the browser that opens it.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Sandbox, SandboxOptions } from '@postern/sandbox/sandbox'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'
import root, { type Test } from 'tap'
import { API_KEY, type FakePostern, fakePostern } from './fake-postern.ts'
import { setupSandbox } from './setup-sandbox.ts'

export interface Demo {
  readonly sandbox: Sandbox
  readonly postern: FakePostern
  readonly apiKeyFile: string
}

export async function setupDemo(t: Test, options: SandboxOptions = {}): Promise<Demo> {
  const postern = await fakePostern(t)
  const apiKeyFile = join(t.testdir({ 'api-key': `${API_KEY}\n` }), 'api-key')
  const sandbox = await setupSandbox(t, {
    gatewayUrl: postern.url,
    auditUrl: postern.url,
    apiKeyFile,
    ...options,
  })
  postern.sandboxUrl = sandbox.url
  return { sandbox, postern, apiKeyFile }
}

const CHROMIUM = [
  process.env.POSTERN_TEST_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

/** Where a Chromium is, or the reason for the tests that need one to be skipped. */
export const chromiumPath = CHROMIUM.find((path) => path !== undefined && existsSync(path))
export const skipWithoutChromium =
  chromiumPath === undefined && 'no Chromium found; set POSTERN_TEST_CHROMIUM to its path'

let launched: Promise<Browser> | undefined

/** A fresh context of this process's one browser. */
export async function newContext(t: Test): Promise<BrowserContext> {
  launched ??= chromium.launch({
    ...(chromiumPath === undefined ? {} : { executablePath: chromiumPath }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
      '--disable-sync',
    ],
  })
  const context = await (await launched).newContext()
  t.teardown(() => context.close())
  return context
}

root.teardown(async () => await (await launched)?.close())
