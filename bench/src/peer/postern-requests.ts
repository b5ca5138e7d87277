// The requests that a back end and a proxy make of Postern's gateway.

import { randomBytes } from 'node:crypto'
import { checksOf, freshAddress, type Kind, type Peer, type PeerRequest } from './peer.ts'
import type { Mailed } from './postern-mailed.ts'

interface Session {
  access_token: string
  refresh_token: string
}

export function peerOf(
  url: string,
  tenant: { id: string; key: string },
  takeMailed: () => Promise<Mailed>,
): Omit<Peer, 'cpuMs'> {
  const headers = { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' }
  const post = (path: string, body: object): PeerRequest => ({
    method: 'POST',
    path,
    headers,
    body: JSON.stringify(body),
  })
  const many = (count: number, make: (email: string) => PeerRequest) =>
    Array.from({ length: count }, () => make(freshAddress(randomBytes(10))))
  let sessions: Session[] = []
  const ways: Record<Kind, (count: number) => Promise<PeerRequest[]>> = {
    link_issue: async (count) => many(count, (email) => post('/v1/magic-links', { email })),
    link_verify: async () => {
      sessions = []
      return (await takeMailed()).tokens.map((token) => post('/v1/magic-links/verify', { token }))
    },
    code_issue: async (count) => many(count, (to) => post('/v1/otps', { channel: 'email', to })),
    code_verify: async () => (await takeMailed()).codes.map((code) => post('/v1/otps/verify', code)),
    session_check: async () =>
      checksOf(sessions, ({ access_token }) => ({
        method: 'GET',
        path: `/v1/forward-auth?tenant=${tenant.id}`,
        headers: { authorization: `Bearer ${access_token}` },
      })),
    refresh: async () => sessions.map(({ refresh_token }) => post('/v1/sessions/refresh', { refresh_token })),
    introspect: async () =>
      sessions.map(({ access_token }) => post('/v1/introspect', { token: access_token })),
  }
  return {
    url,
    requests: (kind, count) => ways[kind](count),
    answered(kind, { body }) {
      if (kind === 'link_verify')
        sessions.push((JSON.parse(body) as { data: { session: Session } }).data.session)
    },
  }
}
