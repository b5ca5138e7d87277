// Stands between a sender and the sandbox, changes nothing, and writes down both sides of the wire.

import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { Exchange } from '@postern/sandbox/vendor/contract'
import type { Test } from 'tap'

export interface RecordingProxy {
  readonly url: string
  readonly exchanges: Exchange[]
}

/** @param prefix of the vendor's API on the sandbox, left out of what is written down */
export async function recordingProxy(t: Test, sandboxUrl: string, prefix: string): Promise<RecordingProxy> {
  const exchanges: Exchange[] = []
  const server = http.createServer((request, response) => {
    pass(request, response).catch(() => response.destroy())
  })

  async function pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    const body = await buffer(request)
    // Headers as they came, the host too: some of them are signed.
    const onward = http.request(`${sandboxUrl}${url}`, { method, headers }).end(body)
    const [answer] = (await once(onward, 'response')) as [http.IncomingMessage]
    const said = await buffer(answer)
    const [path = '', query = ''] = url.slice(prefix.length).split('?')
    exchanges.push({
      method,
      path,
      query,
      headers: plain(headers),
      body: body.toString('utf8'),
      answer: { status: answer.statusCode ?? 0, headers: plain(answer.headers), body: said.toString('utf8') },
    })
    response.writeHead(answer.statusCode ?? 500, answer.headers).end(said)
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, exchanges }
}

const plain = (headers: http.IncomingHttpHeaders) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.toString()]))
