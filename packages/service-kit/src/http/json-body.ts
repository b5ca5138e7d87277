// The only body that routes take unless a standard or a vendor asks for another: strict JSON in UTF-8.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../app-error.ts'
import { parseStrictJson } from './strict-json.ts'

/** Replaces Fastify's parsers. An empty body is no body: a route that needs one refuses it by its schema. */
export function takeStrictJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      refuseOtherCharsets(request)
      done(null, body.length === 0 ? undefined : parseStrictJson(body as Buffer))
    } catch (error) {
      done(error as Error, undefined)
    }
  })
}

function refuseOtherCharsets(request: FastifyRequest): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(request.headers['content-type'] ?? '')?.[1]
  if (charset !== undefined && charset.toLowerCase() !== 'utf-8')
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', { reason: 'the charset is not UTF-8' })
}
