// Finds loopback ports nobody listens on. They are drawn below the range that the kernel gives to outgoing
// connections (32768 and up), so a stranger's connection cannot take one between the look and the use.
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

const lowest = 20_000
const highest = 32_000
const tries = 200

/** Whether one can listen on 127.0.0.1:`port` right now. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * The first of `count` consecutive free ports on 127.0.0.1.
 * @throws when none was found after many draws.
 */
export async function freePort(count = 1): Promise<number> {
  for (let draw = 0; draw < tries; draw += 1) {
    const base = randomInt(lowest, highest - count)
    const ports = Array.from({ length: count }, (_, offset) => base + offset)
    const free = await Promise.all(ports.map((port) => isPortFree(port)))
    if (free.every(Boolean)) return base
  }
  throw new Error(`no ${count} free loopback ports between ${lowest} and ${highest}`)
}
