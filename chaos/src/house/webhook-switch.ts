// Where vendors' webhooks arrive: one address, behind which one gateway after the other may stand, as behind a proxy.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Scope } from './scope.ts'

export interface WebhookSwitch {
  readonly url: string
  /** To the gateway at this URL from now on. */
  lead(url: string): void
}

export async function openWebhookSwitch(scope: Scope): Promise<WebhookSwitch> {
  let port = 0
  const open = new Set<Socket>()
  const server = createServer((incoming) => {
    open.add(incoming)
    const outgoing = connect({ port, host: '127.0.0.1' })
    // Whichever side breaks takes the other along.
    incoming.on('error', () => outgoing.destroy())
    outgoing.on('error', () => incoming.destroy())
    incoming.on('close', () => {
      open.delete(incoming)
      outgoing.destroy()
    })
    outgoing.on('close', () => incoming.destroy())
    incoming.pipe(outgoing).pipe(incoming)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const hangUp = () => {
    for (const socket of open) socket.destroy()
  }
  scope.teardown(() => {
    server.close()
    hangUp()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lead: (url) => {
      port = Number(new URL(url).port)
      // Vendors keep connections open: these lead to the one before.
      hangUp()
    },
  }
}
