// Everything the gateway does, wired by name: its routes, the page behind a mailed link, and its probes.

import { checkQueue } from '@postern/queue/readiness'
import { checkDatabase } from '@postern/service-kit/check-database'
import { type CheckResult, registerHealth } from '@postern/service-kit/health'
import { createHttpApp, type HttpApp } from '@postern/service-kit/http-app'
import { registerOpenapi } from '@postern/service-kit/openapi'
import { VERSION } from '@postern/service-kit/version'
import { limitAddresses } from './abuse/address-limit.plugin.ts'
import { forwardAuthRoute } from './access/forward-auth.route.ts'
import { introspectTokenRoute } from './access/introspect-token.route.ts'
import { guardBrowserRoutes } from './browser/browser-guard.plugin.ts'
import { issueBrowserMagicLinkRoute } from './browser/challenge/issue-magic-link.route.ts'
import { issueBrowserOtpRoute } from './browser/challenge/issue-otp.route.ts'
import { csrfRoute } from './browser/csrf.route.ts'
import { endBrowserSessionRoute } from './browser/session/end-session.route.ts'
import { readBrowserSessionRoute } from './browser/session/read-session.route.ts'
import { refreshBrowserSessionRoute } from './browser/session/refresh-session.route.ts'
import { signInBrowserRoute } from './browser/session/sign-in.route.ts'
import { issueMagicLinkRoute } from './challenge/issue/issue-magic-link.route.ts'
import { issueOtpRoute } from './challenge/issue/issue-otp.route.ts'
import { resendOtpRoute } from './challenge/issue/resend-otp.route.ts'
import { readMagicLinkRoute } from './challenge/read-magic-link.route.ts'
import { readOtpRoute } from './challenge/read-otp.route.ts'
import { revokeMagicLinkRoute } from './challenge/revoke-magic-link.route.ts'
import { revokeOtpRoute } from './challenge/revoke-otp.route.ts'
import { verifyMagicLinkRoute } from './challenge/verify-magic-link.route.ts'
import { verifyOtpRoute } from './challenge/verify-otp.route.ts'
import type { GatewayContext } from './context.ts'
import { cancelDeliveryRoute } from './delivery/change/cancel-delivery.route.ts'
import { redriveDeliveryRoute } from './delivery/change/redrive-delivery.route.ts'
import { rescheduleDeliveryRoute } from './delivery/change/reschedule-delivery.route.ts'
import { createDeliveryRoute } from './delivery/create/create-delivery.route.ts'
import { listDeliveriesRoute } from './delivery/list/list-deliveries.route.ts'
import { readDeliveryRoute } from './delivery/read-delivery.route.ts'
import { tellUsageRoute } from './delivery/usage/tell-usage.route.ts'
import { disableTotpRoute } from './factor/disable-totp.route.ts'
import { enableTotpRoute } from './factor/enable-totp.route.ts'
import { enrolTotpRoute } from './factor/enrol-totp.route.ts'
import { renewRecoveryCodesRoute } from './factor/renew-recovery-codes.route.ts'
import { verifyMfaRoute } from './factor/verify-mfa.route.ts'
import { linkPageRoute } from './link-page/link-page.route.ts'
import { resolveLinkRoute } from './link-page/resolve-link.route.ts'
import { receiveGatewayRoute } from './receipt/receive-gateway.route.ts'
import { receiveSendgridRoute } from './receipt/receive-sendgrid.route.ts'
import { receiveSesRoute } from './receipt/receive-ses.route.ts'
import { receiveTwilioRoute } from './receipt/receive-twilio.route.ts'
import { createSenderRoute } from './sender/create-sender.route.ts'
import { deleteSenderRoute } from './sender/delete-sender.route.ts'
import { listSendersRoute } from './sender/list-senders.route.ts'
import { patchSenderRoute } from './sender/patch-sender.route.ts'
import { jwksRoute } from './session/jwks.route.ts'
import { listSessionsRoute } from './session/list-sessions.route.ts'
import { refreshSessionRoute } from './session/refresh/refresh-session.route.ts'
import { revokeSessionRoute } from './session/revoke-session.route.ts'
import { revokeUserSessionsRoute } from './session/revoke-user-sessions.route.ts'
import { listSuppressionsRoute } from './suppression/list-suppressions.route.ts'
import { removeSuppressionRoute } from './suppression/remove-suppression.route.ts'
import { searchSuppressionsRoute } from './suppression/search-suppressions.route.ts'
import { deleteTemplateRoute } from './template/delete-template.route.ts'
import { listTemplatesRoute } from './template/list-templates.route.ts'
import { previewTemplateRoute } from './template/preview/preview-template.route.ts'
import { putTemplateRoute } from './template/put-template.route.ts'
import { readTemplateRoute } from './template/read-template.route.ts'
import { createApiKeyRoute } from './tenant/create-api-key.route.ts'
import { createTenantRoute } from './tenant/create-tenant.route.ts'
import { listApiKeysRoute } from './tenant/list-api-keys.route.ts'
import { readTenantRoute } from './tenant/read-tenant.route.ts'
import { revokeApiKeyRoute } from './tenant/revoke-api-key.route.ts'
import { updateTenantRoute } from './tenant/update-tenant.route.ts'
import { resetFactorsRoute } from './unlock/reset-factors.route.ts'
import { unlockIdentifierRoute } from './unlock/unlock-identifier.route.ts'
import { createUserRoute } from './user/create-user.route.ts'
import { eraseUserRoute } from './user/erasure/erase-user.route.ts'
import { exportUserRoute } from './user/erasure/export-user.route.ts'
import { readUserRoute } from './user/read-user.route.ts'
import { searchUsersRoute } from './user/search-users.route.ts'
import { updateUserRoute } from './user/update-user.route.ts'

const ROUTES = [
  issueMagicLinkRoute,
  verifyMagicLinkRoute,
  readMagicLinkRoute,
  revokeMagicLinkRoute,
  verifyOtpRoute,
  issueOtpRoute,
  resendOtpRoute,
  readOtpRoute,
  revokeOtpRoute,
  resolveLinkRoute,
  enrolTotpRoute,
  enableTotpRoute,
  disableTotpRoute,
  renewRecoveryCodesRoute,
  verifyMfaRoute,
  jwksRoute,
  refreshSessionRoute,
  listSessionsRoute,
  revokeSessionRoute,
  revokeUserSessionsRoute,
  introspectTokenRoute,
  forwardAuthRoute,
  createUserRoute,
  searchUsersRoute,
  readUserRoute,
  updateUserRoute,
  eraseUserRoute,
  exportUserRoute,
  createDeliveryRoute,
  listDeliveriesRoute,
  readDeliveryRoute,
  rescheduleDeliveryRoute,
  cancelDeliveryRoute,
  redriveDeliveryRoute,
  tellUsageRoute,
  createTenantRoute,
  readTenantRoute,
  updateTenantRoute,
  createApiKeyRoute,
  listApiKeysRoute,
  revokeApiKeyRoute,
  createSenderRoute,
  listSendersRoute,
  patchSenderRoute,
  deleteSenderRoute,
  unlockIdentifierRoute,
  resetFactorsRoute,
  putTemplateRoute,
  readTemplateRoute,
  listTemplatesRoute,
  deleteTemplateRoute,
  previewTemplateRoute,
  listSuppressionsRoute,
  searchSuppressionsRoute,
  removeSuppressionRoute,
  receiveSendgridRoute,
  receiveTwilioRoute,
  receiveSesRoute,
  receiveGatewayRoute,
  csrfRoute,
  issueBrowserMagicLinkRoute,
  issueBrowserOtpRoute,
  signInBrowserRoute,
  refreshBrowserSessionRoute,
  readBrowserSessionRoute,
  endBrowserSessionRoute,
]

/** Builds the HTTP application; the caller listens. */
export async function buildApp(context: GatewayContext): Promise<HttpApp> {
  const { logger, metrics, telemetry, clock, random, settings } = context
  const app = await createHttpApp({
    logger,
    metrics,
    telemetry,
    clock,
    random,
    trustProxy: settings.trustedProxies,
  })
  await limitAddresses(app, {
    perMinute: settings.addressLimit,
    redis: context.limitRedis,
    prefix: 'postern:address',
    onLimited: () => metrics.limitHits.add(1, { limit: 'address' }),
  })
  await registerOpenapi(app, {
    title: 'Postern gateway',
    description:
      'Proves links, codes and second factors, opens sessions, and keeps users, tenants and their keys.',
    version: VERSION,
  })
  registerHealth(app, {
    checks: [
      { name: 'database', check: () => checkDatabase(context.database.db) },
      { name: 'queue', check: () => queueState(context) },
    ],
    metricsText: () => telemetry.metricsText(),
  })
  await guardBrowserRoutes(app, {
    tenants: context.browserTenants,
    csrf: context.csrf,
    csrfEnabled: settings.csrfEnabled,
    plainHttp: settings.environment === 'development',
  })
  await linkPageRoute(app)
  for (const route of ROUTES) route(app, context)
  return app
}

/** Without its queue the gateway still issues and verifies; what waits goes out later. A queue that may drop jobs is refused. */
async function queueState(context: GatewayContext): Promise<CheckResult> {
  const state = await checkQueue(context.queue)
  return !state.ok && state.reason === 'queue_unreachable' ? { ok: true } : state
}
