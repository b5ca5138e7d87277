// GET /sns/certificate.pem: what the sandbox's SNS notifications are checked by, where a real one names a page of Amazon's.

import type { FastifyInstance } from 'fastify'
import type { ReadSecret } from '../../secret-file.ts'
import { SNS_CERTIFICATE_PATH } from './ses-webhook.ts'

export async function showCertificateRoute(
  app: FastifyInstance,
  { readCertificate }: { readonly readCertificate: ReadSecret },
): Promise<void> {
  app.get(SNS_CERTIFICATE_PATH, async (_request, reply) => {
    const certificate = await readCertificate()
    if (certificate === null) return reply.callNotFound()
    return await reply.type('application/x-pem-file').send(`${certificate}\n`)
  })
}
