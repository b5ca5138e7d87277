// One HTTP request and its whole answer, as far as it may be long: for vendors that are called without a library of theirs,
// or whose library lets us bring the connection. Reads nothing of the environment and follows nothing.

import http from 'node:http'
import https from 'node:https'
import { urlToHttpOptions } from 'node:url'
import type { Exchange } from './http-exchange.ts'

export interface Agents {
  readonly http: http.Agent
  readonly https: https.Agent
  /** Ends every connection. */
  close(): void
}

/** Connections that are used again, `connections` of them at a time. */
export function openAgents(connections: number): Agents {
  const keepAlive = { keepAlive: true, maxSockets: connections }
  const agents = { http: new http.Agent(keepAlive), https: new https.Agent(keepAlive) }
  const close = () => {
    agents.http.destroy()
    agents.https.destroy()
  }
  return { ...agents, close }
}

export interface HttpCall {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  readonly agents: Agents
  readonly signal: AbortSignal
  readonly maxAnswerBytes: number
}

/** Codes as Node's errors have them. */
class CallError extends Error {
  override readonly name = 'CallError'
  readonly code: 'ABORT_ERR' | 'ERR_BAD_RESPONSE'

  constructor(code: CallError['code']) {
    super(code)
    this.code = code
  }
}

/**
 * Answers the body; status and headers are the exchange's.
 * @throws where no whole answer came; the exchange tells how far it got
 */
export async function callOver({ transport }: Pick<Exchange, 'transport'>, call: HttpCall): Promise<Buffer> {
  const { url, method, headers, agents, signal } = call
  if (signal.aborted) throw new CallError('ABORT_ERR')
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const agent = url.protocol === 'https:' ? agents.https : agents.http
  const options = { ...urlToHttpOptions(url), method, headers, agent }
  const request = transport.request(options, (response) => {
    const chunks: Buffer[] = []
    let bytes = 0
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > call.maxAnswerBytes) request.destroy(new CallError('ERR_BAD_RESPONSE'))
      else chunks.push(chunk)
    })
    response.on('end', () => resolve(Buffer.concat(chunks)))
    // Broken off in its midst: the request has ended by then, and hears of nothing more.
    response.on('error', reject)
  })
  request.on('error', reject)
  // Not the request's own `signal`, which costs more than all the rest of this function.
  const giveUp = () => request.destroy(new CallError('ABORT_ERR'))
  signal.addEventListener('abort', giveUp)
  request.end(call.body)
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

/** A field of a JSON answer; undefined when there is none, or no JSON. */
export function fieldOf(body: Buffer, name: string): unknown {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return (value as Record<string, unknown> | null)?.[name]
  } catch {
    return undefined
  }
}
