// POST /v1/users

import { envelope as enveloped } from '@postern/contracts/envelope'
import { CreateUserBody, UserRecord } from '@postern/contracts/http/user'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import type { GatewayContext } from '../context.ts'
import { answerOnce, IdempotencyHeaders } from '../http/answer-once.ts'
import { createUser } from './create-user.ts'

const schema = {
  tags: ['Users'],
  summary: 'Pre-register a user',
  headers: IdempotencyHeaders,
  body: CreateUserBody,
  response: { 201: enveloped(UserRecord) },
}

export function createUserRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('users:write')
  app.post('/v1/users', { ...access, schema }, async (request, reply) => {
    const scope = tenantScope(request)
    const exchange = { request, reply }
    const { envelope } = await answerOnce<UserRecord>(context, scope, exchange, (run) =>
      createUser(context, run, scope.tenantId, request.body),
    )
    context.nudge()
    return envelope
  })
}
