// A browser on a tenant's host, as tests of the routes use it: it keeps cookies as a browser does, sends what a page of
// that host would send, and reads its CSRF token from the cookie.

import { randomBytes } from 'node:crypto'
import { type Answer, type Gateway, newTenant, type Tenant } from '../setup.ts'

export interface SetCookie {
  value: string
  /** as written, in lower case and sorted */
  attributes: string[]
}

export interface Page {
  readonly host: string
  /** What the browser holds. */
  readonly cookies: Map<string, string>
  /** What the last answer set. */
  set(): Record<string, SetCookie>
  /** Asks for the token and then calls; a call that only reads asks for nothing. */
  call(method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object): Promise<Answer>
  /** As `call`, with these headers more and without asking for a token. */
  send(method: string, url: string, payload?: object, headers?: Record<string, string>): Promise<Answer>
}

export const SESSION = '__Host-postern_session'
export const VISITOR = '__Host-postern_visitor'
export const CSRF = '__Host-XSRF-TOKEN'

export interface BrowserTenant extends Tenant {
  readonly host: string
}

/** A tenant with a browser host of its own. */
export async function browserTenant(
  gateway: Gateway,
  more: object = {},
  scopes?: string[],
): Promise<BrowserTenant> {
  const host = `h${randomBytes(6).toString('hex')}.test`
  const tenant = await newTenant(gateway, scopes, { browser_hosts: [host], ...more })
  return { ...tenant, host }
}

/** A browser that was never here. */
export function openPage(gateway: Gateway, host: string): Page {
  const cookies = new Map<string, string>()
  let last: Record<string, SetCookie> = {}
  const send: Page['send'] = async (method, url, payload, headers = {}) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const token = cookies.get(CSRF)
    const answer = await gateway.call({
      method: method as 'GET',
      url,
      headers: {
        host,
        origin: `https://${host}`,
        'sec-fetch-site': 'same-origin',
        ...(cookie !== '' && { cookie }),
        ...(token !== undefined && { 'x-csrf-token': token }),
        ...headers,
      },
      ...(payload && { payload }),
    })
    last = readSetCookies(answer)
    for (const [name, { value, attributes }] of Object.entries(last)) {
      if (attributes.includes('max-age=0')) cookies.delete(name)
      else cookies.set(name, value)
    }
    return answer
  }
  const call: Page['call'] = async (method, url, payload) => {
    if (method !== 'GET' && !cookies.has(CSRF)) await send('GET', '/v1/browser/csrf')
    return send(method, url, payload)
  }
  return { host, cookies, set: () => last, call, send }
}

export function readSetCookies({ headers }: Answer): Record<string, SetCookie> {
  const lines = [headers['set-cookie'] ?? []].flat() as string[]
  return Object.fromEntries(
    lines.map((line) => {
      const [pair = '', ...attributes] = line.split('; ')
      const at = pair.indexOf('=')
      const value = pair.slice(at + 1)
      return [pair.slice(0, at), { value, attributes: attributes.map((one) => one.toLowerCase()).sort() }]
    }),
  )
}
