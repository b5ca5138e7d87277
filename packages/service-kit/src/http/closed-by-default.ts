// What a route does not declare it does not take: under /v1/ a query string or a body without a schema is refused,
// so forgetting a schema closes a door instead of opening one. `Type.Unknown()` opens it on purpose.
// Every documented route also names the error envelope.

import type {} from '@fastify/swagger'
import { ErrorEnvelope } from '@postern/contracts/envelope'
import type { FastifyInstance, FastifyRequest, onRouteHookHandler, RouteOptions } from 'fastify'
import { invalidField } from '../app-error.ts'

const ERRORS = { $ref: 'ErrorEnvelope#' }

/** Adds both rules. Call it before any route. */
export function closeByDefault(app: FastifyInstance): void {
  app.addSchema(ErrorEnvelope)
  app.addHook('onRoute', ((route: RouteOptions) => {
    const { schema } = route
    if (schema?.hide !== true && schema !== undefined) {
      const response = { '4xx': ERRORS, '5xx': ERRORS, ...(schema.response as object | undefined) }
      route.schema = { ...schema, response }
    }
    if (!route.url.startsWith('/v1/')) return
    const checks = [
      ...(schema?.querystring === undefined ? [refuseQuery] : []),
      ...(schema?.body === undefined ? [refuseBody] : []),
    ]
    route.preValidation = [...checks, ...[route.preValidation ?? []].flat()]
  }) as onRouteHookHandler)
}

async function refuseQuery(request: FastifyRequest): Promise<void> {
  if (Object.keys(request.query as object).length > 0) throw invalidField('query', 'is not known')
}

async function refuseBody(request: FastifyRequest): Promise<void> {
  if (request.body !== undefined && request.body !== null) throw invalidField('body', 'is not known')
}
