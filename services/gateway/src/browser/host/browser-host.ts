// The hosts on which a tenant's pages call Postern: an entry with a port means this port, one without means any. A page's
// origin counts only where its host is one of the tenant's.

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const HOST = new RegExp(`^(?=.{1,253}(?::|$))(${LABEL}(?:\\.${LABEL})*)(?::([1-9][0-9]{0,4}))?$`)
const ORIGIN = /^(https?):\/\/([^/]*)$/

/** A host name in lower case and, where one is told, its port; null for what names no host. */
export function readHost(text: string): { name: string; port: number | null } | null {
  const [, name, port] = HOST.exec(text) ?? []
  return name === undefined ? null : { name, port: port === undefined ? null : Number(port) }
}

/** How entries may spell a Host header: with its port, and without; empty for what names no host. */
export function spellingsOf(host: string): string[] {
  const text = host.toLowerCase()
  const read = readHost(text)
  return read === null ? [] : [...new Set([text, read.name])]
}

/** Whether a host (as a URL or a Host header has it) is one of the entries. */
export function isBrowserHost(host: string, entries: readonly string[]): boolean {
  return spellingsOf(host).some((spelling) => entries.includes(spelling))
}

/**
 * Whether an Origin header names one of the entries. `null`, a header that is missing and what is no origin do not.
 * `plainHttp`: whether a page that came without TLS counts too.
 */
export function isBrowserOrigin(
  origin: string | undefined,
  entries: readonly string[],
  plainHttp: boolean,
): boolean {
  const [, scheme, host] = ORIGIN.exec(origin ?? '') ?? []
  return host !== undefined && (scheme === 'https' || plainHttp) && isBrowserHost(host, entries)
}
