// What a measured system offers: two requests to make, and the tokens that its mails would have held.

export interface PeerRequest {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body?: string
}

export interface Peer {
  url: string
  /** Asks for a link for a new address. */
  issue(): PeerRequest
  /** The tokens that were issued since the last call, each once. */
  takeTokens(): Promise<string[]>
  verify(token: string): PeerRequest
}

export interface Scope {
  teardown(undo: () => unknown): unknown
}
