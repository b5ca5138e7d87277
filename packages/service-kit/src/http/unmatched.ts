// Requests that no route takes: 405 with `Allow` where the path answers another method, else 404.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import findMyWay, { type HTTPMethod } from 'find-my-way'
import { AppError } from '../app-error.ts'

/** Watches the routes as they are registered and sets the not-found handler. Call it before any route. */
export function answerUnmatched(app: FastifyInstance): void {
  const paths = findMyWay({ maxParamLength: 100 })
  const methods = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = methods.get(url)
    if (known === undefined) {
      paths.on('GET', url, () => {}, { url })
      methods.set(url, new Set([method].flat()))
    } else for (const each of [method].flat()) known.add(each)
  })
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(request)
    if (allowed === undefined) throw new AppError('NOT_FOUND', { reason: 'no route' })
    reply.header('allow', [...allowed].sort().join(', '))
    throw new AppError('METHOD_NOT_ALLOWED', { reason: 'the path has no route for the method' })
  })

  function methodsOf(request: FastifyRequest): Set<string> | undefined {
    const path = request.url.split(/[?#]/, 1)[0] ?? '/'
    const found = paths.find('GET' as HTTPMethod, path)
    const pattern = (found?.store as { url: string } | null | undefined)?.url
    const allowed = pattern === undefined ? undefined : methods.get(pattern)
    return allowed?.has(request.method) ? undefined : allowed
  }
}
