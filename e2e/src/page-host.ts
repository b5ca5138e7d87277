// An application's host as a proxy puts it before person and gateway: its page, and browser mode below `/v1/browser/`. It
// writes down what browsers send and what they are answered.
import { readFileSync } from 'node:fs'
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { TestScope } from './checkout.ts'

export interface PageHost {
  /** `name:port`, as the tenant lists it */
  readonly host: string
  readonly origin: string
  /** Bodies of all that browser mode answered here. */
  readonly answers: string[]
}

const FILES: Record<string, { type: string; content: Buffer }> = {
  '/': { type: 'text/html; charset=utf-8', content: read('app.html') },
  '/app.js': { type: 'text/javascript; charset=utf-8', content: read('app.js') },
}

function read(file: string): Buffer {
  return readFileSync(new URL(`./page/${file}`, import.meta.url))
}

/** @param name below `localhost`, which browsers take for this machine and for a secure place */
export async function pageHost(t: TestScope, name: string, gateway: string): Promise<PageHost> {
  const answers: string[] = []
  const server = createServer(async (incoming, outgoing) => {
    const { method, url = '/', headers } = incoming
    const body = await buffer(incoming)
    if (!url.startsWith('/v1/browser/')) {
      const file = FILES[url]
      outgoing.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain' }).end(file?.content)
      return
    }
    const call = forward(new URL(url, gateway), { method, headers }, async (answer) => {
      const text = await buffer(answer)
      answers.push(text.toString())
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(text)
    })
    call.on('error', () => outgoing.destroy())
    call.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  const host = `${name}.localhost:${(server.address() as AddressInfo).port}`
  return { host, origin: `http://${host}`, answers }
}
