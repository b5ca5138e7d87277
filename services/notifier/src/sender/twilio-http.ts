// The connection that Twilio's library sends through: one call of it is one HTTP request to the address that we were given.
// Nothing of the environment is read: no proxy, no region, no certificates.

import type http from 'node:http'
import type https from 'node:https'
import { text } from 'node:stream/consumers'
import { urlToHttpOptions } from 'node:url'
import type { Exchange } from './http-exchange.ts'

/** What the library asks for, as far as a message needs it. */
interface LibraryRequest {
  readonly method: string
  /** At api.twilio.com, whatever our address is. */
  readonly uri: string
  readonly username: string
  readonly password: string
  readonly headers: Readonly<Record<string, string>>
  readonly params?: Fields
  readonly data?: Fields
}
type Fields = Readonly<Record<string, string | number | boolean>>

export interface TwilioHttpOptions {
  /** The API's origin, and its path when it is behind one. */
  readonly url: string
  readonly agents: { readonly http: http.Agent; readonly https: https.Agent }
  readonly signal: AbortSignal
  readonly maxAnswerBytes: number
}

/** Code as Node's errors have it. */
class AnswerTooLong extends Error {
  readonly code = 'ERR_BAD_RESPONSE'
}

export function createTwilioHttp(options: TwilioHttpOptions, { transport }: Pick<Exchange, 'transport'>) {
  return {
    async request({ method, uri, username, password, headers, params, data }: LibraryRequest) {
      const { pathname } = new URL(uri)
      const target = new URL(`${options.url.replace(/\/*$/, '')}${pathname}`)
      target.search = form(params)
      const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>()
      const request = transport.request(
        {
          ...urlToHttpOptions(target),
          method: method.toUpperCase(),
          headers: { ...headers, authorization: basic(username, password) },
          agent: target.protocol === 'https:' ? options.agents.https : options.agents.http,
          signal: options.signal,
        },
        resolve,
      )
      request.on('error', reject)
      request.end(form(data))
      const response = await promise
      const body = await text(capped(response, options.maxAnswerBytes))
      return { statusCode: response.statusCode, body, headers: response.headers }
    },
  }
}

const form = (fields: Fields = {}) =>
  new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()

const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

async function* capped(response: http.IncomingMessage, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new AnswerTooLong()
    yield chunk
  }
}
