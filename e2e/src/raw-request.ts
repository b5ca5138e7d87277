// A POST whose headers go out exactly as given, the host's name too, which `fetch` would put right.
import { request } from 'node:http'

/** Answers the status. */
export function rawPost(url: string, headers: Readonly<Record<string, string>>, body: object) {
  return new Promise<number>((resolve, reject) => {
    const sent = { 'content-type': 'application/json', ...headers }
    const call = request(url, { method: 'POST', setHost: false, headers: sent, agent: false }, (answer) => {
      answer.resume()
      answer.once('end', () => resolve(answer.statusCode ?? 0))
    })
    call.once('error', reject)
    call.end(JSON.stringify(body))
  })
}
