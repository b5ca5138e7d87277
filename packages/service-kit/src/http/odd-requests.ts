// Requests that are refused before anything reads them, whatever route they are for.

import type { FastifyInstance } from 'fastify'
import { AppError, invalidField } from '../app-error.ts'

/** Adds the hook; headers and request id come first, so that these answers carry them too. */
export function refuseOddRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const { host, 'content-encoding': encoding = 'identity' } = request.headers
    if (host === undefined && request.raw.httpVersion === '1.1')
      return done(invalidField('host', 'is missing'))
    // Postgres stores no NUL: a path or query that holds one can name nothing of ours.
    if (request.url.includes('%00')) return done(invalidField('url', 'holds a NUL character'))
    if (encoding.toLowerCase() !== 'identity')
      return done(new AppError('UNSUPPORTED_MEDIA_TYPE', { reason: 'the body is compressed' }))
    done()
  })
}
