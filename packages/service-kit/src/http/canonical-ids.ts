// Ids in paths are taken in either case and go on in lower case, as Postgres spells them: what is locked, digested, told or
// compared by an id's text is the same thing however a client writes it.

import type { FastifyInstance } from 'fastify'
import { UUID } from './formats.ts'

/** Adds the hook; it comes before the routes' own. */
export function spellIdsAlike(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const params = request.params as Record<string, unknown>
    for (const [name, value] of Object.entries(params)) {
      if (typeof value === 'string' && UUID.test(value)) params[name] = value.toLowerCase()
    }
    done()
  })
}
