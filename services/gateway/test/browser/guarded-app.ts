// An application with nothing but the guard of browser mode and one route behind it, for tests of the guard alone.

import { createSecretKey, randomBytes } from 'node:crypto'
import type { CallerTenant } from '@postern/service-kit/caller'
import { createHttpApp } from '@postern/service-kit/http-app'
import { capturedLogger } from '@postern/testkit/captured-logs'
import { createKeyRing, LiveKeyRing } from '@postern/token/key-ring'
import { Type } from 'typebox'
import { type BrowserGuardOptions, guardBrowserRoutes } from '../../src/browser/browser-guard.plugin.ts'
import { isBrowserHost } from '../../src/browser/host/browser-host.ts'

interface Scope {
  teardown(undo: () => unknown): unknown
}

export const tenantWith = (id: string, browserHosts: string[]): CallerTenant => ({
  id,
  name: 'Shop',
  slug: 'shop',
  audience: 'urn:shop',
  allowedRedirects: ['https://shop.test/'],
  browserHosts,
  linkTtlSeconds: 600,
  firstFactors: ['magic_link'],
  factorChain: [],
  testDestinations: [],
  sessionIdleSeconds: 3_600,
  sessionAbsoluteSeconds: 7_200,
})

export const SHOP = tenantWith('019a9f3c-1111-7abc-8def-0123456789ab', ['shop.test', 'localhost:4000'])
export const BANK = tenantWith('019a9f3c-2222-7abc-8def-0123456789ab', ['bank.test'])

const key = () => createSecretKey(randomBytes(32))
export const firstKey = { version: 1, key: key() }
export const secondKey = { version: 2, key: key() }

/** `POST /v1/browser/change` answers 200 when the guard lets it pass, and counts. */
export async function guardedApp(
  t: Scope,
  more: Partial<BrowserGuardOptions> & { trustProxy?: string[] } = {},
) {
  const { trustProxy = [], ...options } = more
  const logs = capturedLogger('gateway')
  const csrf = new LiveKeyRing(createKeyRing('csrf', [firstKey]))
  const app = await createHttpApp({ logger: logs.logger, trustProxy })
  t.teardown(() => app.close())
  const tenants = {
    find: (host: string) => [SHOP, BANK].find((one) => isBrowserHost(host, one.browserHosts)),
  }
  await guardBrowserRoutes(app, { tenants, csrf, csrfEnabled: true, plainHttp: false, ...options })
  const seen = { changes: 0 }
  const schema = { body: Type.Unknown() }
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    app.route({
      method,
      url: '/v1/browser/change',
      schema,
      handler: async ({ caller }) => {
        seen.changes += 1
        return caller?.kind === 'browser' ? { tenant: caller.tenantId, cookie: caller.cookie } : {}
      },
    })
  }
  app.get('/v1/browser/look', async () => ({}))
  app.get('/elsewhere', async () => ({}))
  await app.ready()
  return { app, csrf, logs, seen }
}
