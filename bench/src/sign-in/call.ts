// One HTTP call as cheaply as undici makes one: the load shares its processors with what it measures, so its own cost is in
// every figure, and the more so the faster a system is.

import type { Client } from 'undici'
import type { PeerAnswer, PeerRequest } from '../peer/peer.ts'

export interface CallAnswer extends PeerAnswer {
  status: number
}

/** Without `Client.request`, whose stream of the body costs more than the rest. */
export function call(client: Client, request: PeerRequest): Promise<CallAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let [status, headers]: [number, PeerAnswer['headers']] = [0, {}]
    client.dispatch(request, {
      onRequestStart: () => undefined,
      onResponseStart(_, statusCode, received) {
        status = statusCode
        headers = received
      },
      onResponseData: (_, chunk) => void chunks.push(chunk),
      onResponseEnd: () => resolve({ status, headers, body: Buffer.concat(chunks).toString() }),
      onResponseError: (_, error) => reject(error),
    })
  })
}
