// The connection that Twilio's library sends through: one call of it is one HTTP request to the address that we were given.
// Nothing of the environment is read: no proxy, no region, no certificates.

import { type Agents, callOver } from './http-call.ts'
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
  readonly agents: Agents
  readonly signal: AbortSignal
  readonly maxAnswerBytes: number
}

export function createTwilioHttp({ url: base, ...options }: TwilioHttpOptions, exchange: Exchange) {
  return {
    async request({ method, uri, username, password, headers, params, data }: LibraryRequest) {
      const { pathname } = new URL(uri)
      const url = new URL(`${base.replace(/\/*$/, '')}${pathname}`)
      url.search = form(params)
      const body = await callOver(exchange, {
        ...options,
        url,
        method: method.toUpperCase(),
        headers: { ...headers, authorization: basic(username, password) },
        body: form(data),
      })
      return { statusCode: exchange.status, body: body.toString('utf8'), headers: exchange.headers }
    },
  }
}

const form = (fields: Fields = {}) =>
  new URLSearchParams(
    Object.entries(fields).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()

const basic = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
