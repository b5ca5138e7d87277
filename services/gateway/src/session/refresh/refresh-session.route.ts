// POST /v1/sessions/refresh. Single use by nature: it takes no Idempotency-Key.

import { envelope } from '@postern/contracts/envelope'
import { RefreshedSession, RefreshSessionBody } from '@postern/contracts/http/session'
import { alone } from '@postern/db/with-tenant'
import { AppError } from '@postern/service-kit/app-error'
import { apiKeyCaller, tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../../context.ts'
import { refreshSession } from './refresh-session.ts'

const schema = {
  tags: ['Sessions'],
  summary: 'Renew a session: a refresh token for new tokens',
  body: RefreshSessionBody,
  response: { 200: envelope(RefreshedSession) },
}

export function refreshSessionRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('sessions:write')
  const count = (outcome: string) => context.metrics.sessionsRefreshed.add(1, { outcome })
  app.post('/v1/sessions/refresh', { ...access, schema }, async (request) => {
    const { tenant } = apiKeyCaller(request)
    const run = alone(context.database, tenantScope(request))
    try {
      const { session, repeated } = await refreshSession(context, run, tenant, request.body.refresh_token)
      count(repeated ? 'repeated' : 'rotated')
      return ok(request, { session })
    } catch (error) {
      if (error instanceof AppError) count(error.code.toLowerCase())
      throw error
    } finally {
      context.nudge()
    }
  })
}
