// The sandbox's HTTP side: every route registered by name.

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fastify from 'fastify'
import type { DemoDeps } from './demo/demo.ts'
import { finishSignInRoute } from './demo/finish-sign-in.route.ts'
import { showPlacesRoute } from './demo/show-places.route.ts'
import { showSignInRoute } from './demo/show-sign-in.route.ts'
import { startSignInRoute } from './demo/start-sign-in.route.ts'
import { tryCodeRoute } from './demo/try-code.route.ts'
import { faultsRoute } from './fault/faults.route.ts'
import { guardHost } from './http/host-guard.ts'
import { type ReportFault, takeJsonOnly } from './http/json-only.ts'
import { livezRoute } from './http/livez.route.ts'
import { setPageHeaders } from './http/page-headers.ts'
import { pagesRoute } from './http/pages.route.ts'
import type { TypedApp } from './http/typed-app.ts'
import { messagesRoute } from './inbox/messages.route.ts'
import { showHtmlRoute } from './inbox/show-html.route.ts'
import { listCallsRoute } from './ledger/list-calls.route.ts'
import { receiptsRoute } from './receipt/receipts.route.ts'
import type { ReceiptDeps } from './receipt/send-receipts.ts'
import type { ReadSecret } from './secret-file.ts'
import { showCertificateRoute } from './vendor/ses/show-certificate.route.ts'
import type { VendorParts } from './vendor/take-call.ts'
import { vendorRoute } from './vendor/vendor.route.ts'
import type { VendorDouble } from './vendor/vendor-double.ts'

export interface AppDeps extends DemoDeps, VendorParts {
  readonly doubles: readonly VendorDouble[]
  readonly receipts: ReceiptDeps
  readonly readCertificate: ReadSecret
  readonly reportFault: ReportFault
}

export async function buildApp(deps: AppDeps): Promise<TypedApp> {
  const app = fastify({
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  }).withTypeProvider<TypeBoxTypeProvider>()
  takeJsonOnly(app, deps.reportFault)
  await app.register(async (scope) => await ownRoutes(scope.withTypeProvider<TypeBoxTypeProvider>(), deps))
  for (const double of deps.doubles) await vendorRoute(app, deps, double)
  return app
}

async function ownRoutes(app: TypedApp, deps: AppDeps): Promise<void> {
  guardHost(app, deps.publicUrl)
  setPageHeaders(app)
  await livezRoute(app)
  await pagesRoute(app)
  await messagesRoute(app, deps)
  await showHtmlRoute(app, deps)
  await listCallsRoute(app, deps)
  await receiptsRoute(app, deps.receipts)
  await showCertificateRoute(app, deps)
  const providers = [...deps.doubles.map(({ provider }) => provider), 'smtp']
  await faultsRoute(app, { faults: deps.faults, providers })
  await startSignInRoute(app, deps)
  await showSignInRoute(app, deps)
  await finishSignInRoute(app, deps)
  await tryCodeRoute(app, deps)
  await showPlacesRoute(app, deps)
}
