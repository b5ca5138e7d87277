// A real browser, and what its pages ask for: every request that left it, every complaint of its console.
import { chromium as installed, needProgram } from '@postern/testkit/programs'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import type { TestScope } from './checkout.ts'

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

export async function openBrowser(t: TestScope): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: needProgram(installed), args })
  t.teardown(() => browser.close())
  return browser
}

export interface Watched {
  readonly page: Page
  readonly context: BrowserContext
  /** Origins that anything of this context asked. */
  origins(): string[]
  /** Errors of the consoles and of scripts. */
  readonly complaints: string[]
}

/** A page of a person who was never here before. */
export async function newPerson(t: TestScope, browser: Browser): Promise<Watched> {
  const context = await browser.newContext()
  t.teardown(() => context.close())
  const origins = new Set<string>()
  const complaints: string[] = []
  context.on('request', (request) => origins.add(new URL(request.url()).origin))
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  context.on('weberror', (error) => complaints.push(String(error.error())))
  return { context, complaints, page: await context.newPage(), origins: () => [...origins] }
}
