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

/** Code as Node's errors have it. */
class AnswerTooLong extends Error {
  override readonly name = 'AnswerTooLong'
  readonly code = 'ERR_BAD_RESPONSE'
}

/**
 * Answers the body; status and headers are the exchange's.
 * @throws where no whole answer came; the exchange tells how far it got
 */
export async function callOver({ transport }: Pick<Exchange, 'transport'>, call: HttpCall): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>()
  const { url, method, headers, agents, signal } = call
  const agent = url.protocol === 'https:' ? agents.https : agents.http
  const request = transport.request({ ...urlToHttpOptions(url), method, headers, agent, signal }, resolve)
  request.on('error', reject)
  request.end(call.body)
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of (await promise) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > call.maxAnswerBytes) throw new AnswerTooLong()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
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
