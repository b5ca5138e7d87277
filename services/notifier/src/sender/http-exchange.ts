// A request function that remembers how far one HTTP exchange came, whatever its client makes of it. Only this tells
// "surely not sent" from "perhaps sent". It follows no redirect.

import http, { type IncomingHttpHeaders } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'

export interface Exchange {
  /** The connection stood, so bytes may have left. */
  readonly mayHaveLeft: boolean
  /** The answer's status; undefined: none came. */
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  /** What axios calls a transport. */
  readonly transport: { request: typeof http.request }
}

type Request = (
  options: https.RequestOptions,
  onResponse: (response: http.IncomingMessage) => void,
) => http.ClientRequest

/** @param onWritten called once, when the last byte of the request was handed to the network */
export function createExchange(onWritten?: () => void): Exchange {
  const state = {
    mayHaveLeft: false,
    status: undefined as number | undefined,
    headers: {} as IncomingHttpHeaders,
  }
  const left = () => {
    state.mayHaveLeft = true
  }
  const request: Request = (options, onResponse) => {
    const isSecure = options.protocol === 'https:'
    const made = (isSecure ? https : http).request(options, (response) => {
      state.status = response.statusCode
      state.headers = response.headers
      onResponse(response)
    })
    made.once('socket', (socket: Socket) => {
      if (made.reusedSocket) left()
      else socket.once(isSecure ? 'secureConnect' : 'connect', left)
    })
    if (onWritten) made.once('finish', onWritten)
    return made
  }
  return Object.assign(state, { transport: { request: request as typeof http.request } })
}
