// POST /v1/users/search: a POST, so that addresses stay out of URLs and of whatever logs those.

import { envelope } from '@postern/contracts/envelope'
import { page } from '@postern/contracts/http/paging'
import { AddressBody, UserRecord } from '@postern/contracts/http/user'
import { alone } from '@postern/db/with-tenant'
import { tenantScope } from '@postern/service-kit/caller'
import type { HttpApp } from '@postern/service-kit/http-app'
import { ok } from '@postern/service-kit/reply'
import type { GatewayContext } from '../context.ts'
import { searchUsers } from './search-users.ts'

const schema = {
  tags: ['Users'],
  summary: 'Find the user of an address',
  body: AddressBody,
  response: { 200: envelope(page(UserRecord)) },
}

export function searchUsersRoute(app: HttpApp, context: GatewayContext): void {
  const access = context.auth.requireScope('users:read')
  app.post('/v1/users/search', { ...access, schema }, async (request) => {
    const scope = tenantScope(request)
    return ok(request, await searchUsers(alone(context.database, scope), scope.tenantId, request.body))
  })
}
