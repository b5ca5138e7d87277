// What a measured system offers: the requests of each kind of run, in the order in which one needs what another left.

export const KINDS = [
  'link_issue',
  'link_verify',
  'code_issue',
  'code_verify',
  'session_check',
  'refresh',
  'introspect',
] as const
export type Kind = (typeof KINDS)[number]

export interface PeerRequest {
  method: 'GET' | 'POST'
  path: string
  headers: Record<string, string>
  body?: string
}

export interface PeerAnswer {
  /** status line and headers, as they came */
  head: string
  body: string
}

export interface Peer {
  url: string
  /** processor time of its process so far, in milliseconds; undefined where the system does not tell */
  cpuMs(): Promise<number | undefined>
  /** `count` requests, each different, or as many as there is something left for; undefined: it offers nothing alike. */
  requests(kind: Kind, count: number): Promise<PeerRequest[] | undefined>
  /** Told every answer, so that a later run can use what it held. */
  answered(kind: Kind, answer: PeerAnswer): void
}

export interface Scope {
  teardown(undo: () => unknown): unknown
}

/** An address that nobody has used before. */
export const freshAddress = (random: Buffer) => `p${random.toString('hex')}@example.com`

/** Each session is checked as often as a page that loads a few things, one check after the other. */
const CHECKS_EACH = 5

export function checksOf<S>(sessions: readonly S[], check: (session: S) => PeerRequest): PeerRequest[] {
  return sessions.flatMap((session) => Array.from({ length: CHECKS_EACH }, () => check(session)))
}
