// Headers that every answer carries. helmet chooses them once, at the start: they are the same for every request,
// and computing them for each would cost more than routing it.

import type { IncomingMessage, ServerResponse } from 'node:http'
import helmet from 'helmet'

/** The headers of an API that serves no pages: nothing may be loaded, framed or cached. A page sets its own policy. */
export function securityHeaders(): Record<string, string> {
  const headers: Record<string, string> = {}
  const collector = {
    setHeader: (name: string, value: string) => {
      headers[name.toLowerCase()] = String(value)
    },
    removeHeader: () => {},
  }
  const directives = {
    defaultSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  }
  const choose = helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    xFrameOptions: { action: 'deny' },
  })
  choose({} as IncomingMessage, collector as unknown as ServerResponse, () => {})
  return { ...headers, 'cache-control': 'no-store' }
}
