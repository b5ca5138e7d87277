// A request function that remembers how far one HTTP exchange came, whatever its client makes of it. Only this tells
// "surely not sent" from "perhaps sent". It follows no redirect.

import http, { type IncomingHttpHeaders } from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { SendContext } from './sender.ts'

export interface Exchange {
  /** The connection stood, so bytes may have left. */
  readonly mayHaveLeft: boolean
  /** The answer's status; undefined: none came. */
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  /** What axios calls a transport. */
  readonly transport: { request: typeof http.request }
}

/** The request was given up before a byte of it was written. */
class TooLate extends Error {
  override readonly name = 'TooLate'
  readonly code = 'STARTED_TOO_LATE'
}

type Request = (
  options: https.RequestOptions,
  onResponse: (response: http.IncomingMessage) => void,
) => http.ClientRequest

export function createExchange({
  onWritten,
  mayBegin,
}: Pick<SendContext, 'onWritten' | 'mayBegin'>): Exchange {
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
    // These listeners come before Node's own, which write what waited for the connection.
    const begin = (next: () => void) => {
      if (mayBegin?.() === false) made.destroy(new TooLate())
      else next()
    }
    made.once('socket', (socket: Socket) => {
      // A connection that another request leaves behind stands already.
      if (!socket.connecting) begin(left)
      else socket.once('connect', () => begin(() => (isSecure ? socket.once('secureConnect', left) : left())))
    })
    if (onWritten) made.once('finish', onWritten)
    return made
  }
  return Object.assign(state, { transport: { request: request as typeof http.request } })
}
