// A plain reverse proxy, as operators put one before a service, that writes down all it was sent: what a server, its log
// or a proxy could have learned.
import { createServer, request as forward, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { TestScope } from './checkout.ts'

export interface Recorded {
  readonly method: string
  readonly url: string
  /** The head as it came: request line and headers, in one text. */
  readonly head: string
  readonly body: string
}

export interface RecordingProxy {
  readonly origin: string
  readonly requests: Recorded[]
}

/** @param target origin of the server behind it, which sees its own name as the host */
export async function recordingProxy(t: TestScope, target: string): Promise<RecordingProxy> {
  const requests: Recorded[] = []
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming)
    requests.push(record(incoming, body))
    const { method, url = '/' } = incoming
    const headers = { ...incoming.headers, host: new URL(target).host }
    const call = forward(new URL(url, target), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    call.on('error', () => outgoing.destroy())
    call.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

function record({ method = '', url = '', rawHeaders }: IncomingMessage, body: Buffer): Recorded {
  return { method, url, head: [method, url, ...rawHeaders].join('\n'), body: body.toString() }
}
