// Browser mode without a browser: what a page on a tenant's host would send, and the cookies that it would keep.
import { type IncomingMessage, request } from 'node:http'
import { json } from 'node:stream/consumers'

export interface PageClient {
  /** The `Cookie` header that goes with each request. */
  cookie(): string
  /** What the page reads from its cookie. */
  csrfToken(): string
  /** @throws when browser mode does not answer with success */
  call(method: string, path: string, body?: object): Promise<unknown>
}

/** @param host one of the tenant's browser hosts; the gateway believes it, wherever it is */
export function pageClient(gateway: string, host: string): PageClient {
  const cookies = new Map<string, string>()
  const cookie = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const csrfToken = () => cookies.get('__Host-XSRF-TOKEN') ?? ''
  async function call(method: string, path: string, body?: object): Promise<unknown> {
    const headers = {
      host,
      origin: `http://${host}`,
      'content-type': 'application/json',
      'x-csrf-token': csrfToken(),
      cookie: cookie(),
    }
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(`${gateway}/v1/browser/${path}`, { method, headers, agent: false }, resolve)
      sent.once('error', reject)
      sent.end(body && JSON.stringify(body))
    })
    for (const line of answer.headers['set-cookie'] ?? []) keep(cookies, line)
    const { data, error } = (await json(answer)) as { data: unknown; error: { code: string } | null }
    if (error !== null) throw new Error(`${method} ${path}: ${error.code}`)
    return data
  }
  return { cookie, csrfToken, call }
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split('; ')
  const at = pair.indexOf('=')
  if (attributes.includes('Max-Age=0')) cookies.delete(pair.slice(0, at))
  else cookies.set(pair.slice(0, at), pair.slice(at + 1))
}
