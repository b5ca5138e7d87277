// The contract as a document and as a page, both generated from the route schemas and served from this process:
// nothing is loaded from elsewhere.

import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyContextConfig, FastifySchema } from 'fastify'
import type { HttpApp } from './http/fastify.ts'

export interface OpenapiOptions {
  title: string
  description: string
  version: string
}

/** swagger-ui styles its elements inline; scripts come from files of ours only. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Adds `/openapi.json` (3.1) and `/docs`. Await it before the routes: what is registered earlier is not documented. */
export async function registerOpenapi(app: HttpApp, info: OpenapiOptions): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: info.title, description: info.description, version: info.version },
      components: {
        securitySchemes: {
          apiKey: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key of a tenant: pk_<prefix>_<secret>',
          },
          adminKey: { type: 'http', scheme: 'bearer', description: "The operator's admin key" },
          browserPage: {
            type: 'apiKey',
            in: 'header',
            name: 'X-CSRF-Token',
            description:
              "A page on a tenant's browser host, by its cookies; the header where something changes",
          },
        },
      },
    },
    convertConstToEnum: false,
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, at) => String(schema.$id ?? `schema-${at}`),
    },
    transform: ({ schema, url, route }) => ({ schema: withAccess(schema ?? {}, route.config), url }),
  })
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: PAGE_POLICY })
  let text: string | undefined
  app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    // It is long, and writing it takes as long as a hundred other answers: once is enough.
    text ??= JSON.stringify(app.swagger())
    return reply.type('application/json; charset=utf-8').send(text)
  })
}

/** Tells who may call the route: an API key with one scope (or another one, as the description says), the operator, a page, or anyone. */
function withAccess(schema: FastifySchema, config: FastifyContextConfig | undefined): FastifySchema {
  if (config?.scope !== undefined) {
    const others = config.otherScopes?.length ? { 'x-postern-other-scopes': config.otherScopes } : {}
    const access = { security: [{ apiKey: [] }], 'x-postern-scope': config.scope, ...others }
    return { ...schema, ...access } as FastifySchema
  }
  if (config?.browser) return { ...schema, security: [{ browserPage: [] }] }
  if (config?.operator) return { ...schema, security: [{ adminKey: [] }] }
  return { ...schema, security: [] }
}
