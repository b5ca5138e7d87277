// Some proxies write a client's port behind its address (Azure's Application Gateway does; others where they are told to).
// With it each connection would be a client of its own, and no limit by address would hold.

import type { FastifyInstance } from 'fastify'

const HEADER = 'x-forwarded-for'
const WITH_PORT = /^(?:([0-9.]+):[0-9]{1,5}|\[([0-9a-f:.]+)\](?::[0-9]{1,5})?)$/i

/** Adds the hook; it comes before anything asks for `request.ip`. Whose header is believed is not decided here. */
export function readForwardedAddresses(app: FastifyInstance): void {
  app.addHook('onRequest', ({ raw: { headers } }, _reply, done) => {
    const told = headers[HEADER]
    if (typeof told === 'string' && told.includes(':')) headers[HEADER] = withoutPorts(told)
    done()
  })
}

const withoutPorts = (told: string) =>
  told
    .split(',')
    .map((part) => {
      const [, four, six] = WITH_PORT.exec(part.trim()) ?? []
      return four ?? six ?? part
    })
    .join(',')
