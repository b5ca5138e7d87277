// A network between us and a backend that can fall silent: bytes vanish both ways, and no connection is ever closed.
// When it heals only new connections work, as after a firewall that lost its state.

import { createServer, connect as dial, type Socket } from 'node:net'
import type { TestScope } from '@postern/testkit/postgres'

export interface SilentProxy {
  readonly port: number
  silence(): void
  heal(): void
}

export async function silentProxy(t: TestScope, target: number): Promise<SilentProxy> {
  const sockets = new Set<Socket>()
  let silent = false
  const server = createServer((near) => {
    sockets.add(near)
    near.on('error', () => undefined)
    near.on('close', () => sockets.delete(near))
    if (silent) return
    const far = dial({ port: target, host: '127.0.0.1' })
    sockets.add(far)
    far.on('error', () => near.destroy())
    far.on('close', () => sockets.delete(far))
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    silence() {
      silent = true
      for (const socket of sockets) {
        socket.unpipe()
        // Read and forgotten: the kernel still acknowledges, so nobody but the silence itself tells.
        socket.resume()
        socket.removeAllListeners('end')
        socket.allowHalfOpen = true
      }
    },
    heal() {
      silent = false
    },
  }
}
