// Answers as long as the process can answer at all.

import type { FastifyInstance } from 'fastify'

export async function livezRoute(app: FastifyInstance): Promise<void> {
  app.get('/livez', async () => ({ status: 'alive' }))
}
