// Refuses requests whose Host is a public name: a web page on the internet that points its own name at this
// machine (DNS rebinding) must not read the inbox. Addresses, `localhost`, single-label names as containers
// have, and the sandbox's own public host pass. The vendors' endpoints show nothing and answer to any name.

import { isIP } from 'node:net'
import type { FastifyInstance } from 'fastify'

export function guardHost(app: FastifyInstance, publicUrl: () => string): void {
  app.addHook('onRequest', async (request, reply) => {
    const name = hostnameOf(request.headers.host)
    if (name === null || isLocalName(name) || name === new URL(publicUrl()).hostname) return
    return await reply.code(403).send({ error: { message: 'The sandbox answers to local names only.' } })
  })
}

function hostnameOf(host: string | undefined): string | null {
  if (host === undefined) return null
  return host.replace(/:\d+$/, '').replace(/\.$/, '').toLowerCase()
}

function isLocalName(name: string): boolean {
  const address = name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name
  return isIP(address) !== 0 || !name.includes('.') || name.endsWith('.localhost')
}
