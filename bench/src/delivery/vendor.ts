// A vendor that takes every mail at once, and notes when: the least that any vendor can cost, for whoever calls it.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Scope } from '../peer/peer.ts'

export interface Vendor {
  url: string
  /** told each call; `to` is the recipient */
  onCall: (to: string) => void
}

export async function startVendor(scope: Scope): Promise<Vendor> {
  const vendor: Vendor = { url: '', onCall: () => undefined }
  const server = createServer((request, response) => take(request, response, vendor))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.teardown(() => server.close().closeAllConnections())
  vendor.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return vendor
}

let taken = 0

function take(request: IncomingMessage, response: ServerResponse, vendor: Vendor): void {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const [, to] = /"to":\[\{"email":"([^"]+)"/.exec(Buffer.concat(parts).toString()) ?? []
    response.writeHead(202, { 'x-message-id': `bench${taken++}` }).end()
    vendor.onCall(to ?? '')
  })
}
