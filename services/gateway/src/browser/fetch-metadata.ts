// Who makes a browser send a request, as the browser itself says it: no script can write these headers.

import { isBrowserOrigin } from './host/browser-host.ts'

export interface RequestSource {
  /** the `Origin` header */
  origin: string | undefined
  /** the `Sec-Fetch-Site` header: same-origin, same-site, cross-site or none (the person) */
  site: string | undefined
  /** Whether the method only reads (RFC 9110, 9.2.1). */
  safe: boolean
}

/** The tenant's hosts, and whether pages without TLS count. */
export interface Trusted {
  browserHosts: readonly string[]
  plainHttp: boolean
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])
export const isSafe = (method: string) => SAFE.has(method.toUpperCase())

/**
 * Why the request does not come from a page of the tenant's; undefined: nothing speaks against it.
 * What changes something must say where it comes from. What only reads may come without an origin, as browsers send none
 * to their own, but not from another site.
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function sourceFault({ origin, site, safe }: RequestSource, trusted: Trusted): string | undefined {
  const known = isBrowserOrigin(origin, trusted.browserHosts, trusted.plainHttp)
  if (origin !== undefined && !known) return 'origin is not on the list'
  if (!safe && origin === undefined) return 'no origin'
  if (site === undefined || site === 'same-origin') return undefined
  if (site === 'none') return safe ? undefined : 'not sent by a page'
  return site === 'same-site' && known ? undefined : 'sent by another site'
}
