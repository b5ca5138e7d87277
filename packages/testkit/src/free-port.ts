// Finds loopback ports nobody listens on. They are drawn below the range that the kernel gives to outgoing
// connections (32768 and up), so a stranger's connection cannot take one between the look and the use; and no other
// process that draws here is given one while this process runs, also when it does not listen there yet or any more.
import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { createServer } from 'node:net'

const DRAWN = { from: 20_000, to: 31_999 }
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
 * The first of `count` consecutive free ports on 127.0.0.1, this process's for as long as it runs.
 * @throws when none was found after many draws.
 */
export async function freePort(count = 1, { from, to } = DRAWN): Promise<number> {
  for (let draw = 0; draw < tries; draw += 1) {
    const base = randomInt(from, to - count + 2)
    if (await takeAll(Array.from({ length: count }, (_, offset) => base + offset))) return base
  }
  throw new Error(`no ${count} free loopback ports between ${from} and ${to}`)
}

async function takeAll(ports: readonly number[]): Promise<boolean> {
  const taken = await Promise.all(ports.map(take))
  const free = await Promise.all(ports.map((port) => isPortFree(port)))
  if (taken.every((one) => one !== null) && free.every(Boolean)) return true
  for (const one of taken) one?.close()
  return false
}

/**
 * Takes the port's number by its UDP half, which nothing here speaks on: what listens by TCP is not in its way, and the
 * kernel gives it back when the process ends, however it ends. Null: it is another's.
 */
function take(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4').unref()
    socket.once('error', () => {
      socket.close()
      resolve(null)
    })
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(socket))
  })
}
