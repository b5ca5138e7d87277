// Where a proven link may lead: only to what the tenant has listed, compared after parsing, by origin and path prefix.

import { invalidField } from '@postern/service-kit/app-error'

// The URL parser strips or turns these, and a browser may read them otherwise than we did.
const SLIPPERY = /[\s\\\p{Cc}\p{Cf}]/u
// An encoded slash, backslash, dot or percent sign can become a path step in a server that decodes once more.
const ENCODED_STEP = /%(?:2f|5c|2e|25|00)/i
// Servers that know path parameters drop them first, and then `..;` is a path step.
const STEP_WITH_PARAMETER = /\/\.{1,2}(?:;|%3b)/i

function readUrl(text: string): URL | undefined {
  if (SLIPPERY.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  const web = url.protocol === 'https:' || url.protocol === 'http:'
  const plain = url.username === '' && url.password === '' && url.hash === '' && !text.includes('#')
  const authority = /^https?:\/\/[^/?]/i.test(text)
  const steps = ENCODED_STEP.test(url.pathname) || STEP_WITH_PARAMETER.test(url.pathname)
  return web && plain && authority && !text.includes('@') && !steps ? url : undefined
}

const isBelow = (path: string, prefix: string) =>
  path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)

/**
 * The URL a link leads to: the asked one where the tenant allows it, the tenant's first one when none is asked for.
 * @throws AppError VALIDATION_FAILED
 */
export function chooseRedirect(asked: string | undefined, allowed: readonly string[]): string {
  const fallback = allowed[0]
  if (fallback === undefined) throw invalidField('body.redirect_url', 'the tenant allows no redirect')
  if (asked === undefined) return fallback
  const url = readUrl(asked)
  const fits = allowed.map(readUrl).some((known) => {
    return known !== undefined && url?.origin === known.origin && isBelow(url.pathname, known.pathname)
  })
  if (url === undefined || !fits) throw invalidField('body.redirect_url', 'is not on the tenant’s list')
  return url.href
}

/** Refuses an allow-list entry that could never match or says more than origin and path. */
export function checkAllowedRedirects(entries: readonly string[]): void {
  const bad = entries.findIndex((entry) => {
    const url = readUrl(entry)
    return url === undefined || url.search !== ''
  })
  if (bad >= 0) throw invalidField(`body.allowed_redirects.${bad}`, 'must be an http(s) origin and path')
}
