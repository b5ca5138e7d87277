// The application behind a proxy: says yes to everything, and writes down what reached it.
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { TestScope } from './checkout.ts'

export interface Reached {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Upstream {
  readonly address: string
  readonly reached: Reached[]
}

export async function startUpstream(t: TestScope): Promise<Upstream> {
  const reached: Reached[] = []
  const server = createServer(async (request, answer) => {
    const { method = '', url = '', headers } = request
    reached.push({ method, url, headers, body: await buffer(request) })
    answer.end('application')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, reached }
}
