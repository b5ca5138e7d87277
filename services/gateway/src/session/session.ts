// What a session is when it opens. Its factors are the database's to tell, its lifetimes are counted by it.

export type SessionKind = 'api' | 'browser'

/** Who asks, as far as the request shows it. */
export interface Client {
  kind: SessionKind
  userAgent: string | null
  /** an IP address, as trusted proxies tell it; null: they told none */
  address: string | null
}

export interface NewSession extends Client {
  id: string
  refreshDigest: Buffer
  idleSeconds: number
  absoluteSeconds: number
}
