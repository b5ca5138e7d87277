// The sandbox's own routes take JSON or nothing, and refuse in one form: `{"error":{"message":…}}`.
// Without the text parser another site's page cannot script faults with a plain form post.

import type { FastifyError, FastifyInstance } from 'fastify'

/** Reports a fault of ours; the client learns only that there was one. */
export type ReportFault = (cause: unknown) => void

export function takeJsonOnly(app: FastifyInstance, reportFault: ReportFault): void {
  app.removeContentTypeParser('text/plain')
  app.setNotFoundHandler(async (_request, reply) => {
    return await reply.code(404).send({ error: { message: 'There is nothing here.' } })
  })
  app.setErrorHandler(async (error: FastifyError, _request, reply) => {
    const status = error.statusCode ?? 500
    if (status < 500) return await reply.code(status).send({ error: { message: error.message } })
    reportFault(error)
    return await reply.code(500).send({ error: { message: 'Something went wrong in the sandbox.' } })
  })
}
