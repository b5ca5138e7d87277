// The peer: better-auth on the same Postgres, in a database of its own.

import { randomBytes } from 'node:crypto'
import { freePort } from '@postern/testkit/free-port'
import pg from 'pg'
import { startChild } from './child.ts'
import { checksOf, freshAddress, type Kind, type Peer, type PeerRequest, type Scope } from './peer.ts'

const SERVER = new URL('./better-auth.server.ts', import.meta.url)

export async function startBetterAuth(scope: Scope, postgresUrl: string): Promise<Peer> {
  const admin = new pg.Client({ connectionString: postgresUrl })
  await admin.connect()
  await admin.query('CREATE DATABASE bench_better_auth')
  await admin.end()
  const database = new URL(postgresUrl)
  database.pathname = '/bench_better_auth'
  const port = await freePort()
  const child = await startChild(scope, SERVER, port, {
    BENCH_PORT: String(port),
    BENCH_DATABASE_URL: database.href,
    BENCH_SECRET: randomBytes(32).toString('base64url'),
  })
  return { ...peerOf(child.url), ...child }
}

function peerOf(url: string): Omit<Peer, 'cpuMs'> {
  const headers = { 'content-type': 'application/json', origin: 'http://bench.test' }
  const post = (path: string, body: object) => ({
    method: 'POST' as const,
    path: `/api/auth${path}`,
    headers,
    body: JSON.stringify(body),
  })
  const many = (count: number, make: (email: string) => PeerRequest) =>
    Array.from({ length: count }, () => make(freshAddress(randomBytes(10))))
  const mailed = async (): Promise<Mailed> => (await fetch(`${url}/mailed`)).json() as Promise<Mailed>
  let cookies: string[] = []
  const ways: Partial<Record<Kind, (count: number) => Promise<PeerRequest[]>>> = {
    link_issue: async (count) => many(count, (email) => post('/sign-in/magic-link', { email })),
    link_verify: async () => {
      cookies = []
      const { tokens } = await mailed()
      return tokens.map((token) => ({
        method: 'GET',
        path: `/api/auth/magic-link/verify?token=${token}`,
        headers,
      }))
    },
    code_issue: async (count) =>
      many(count, (email) => post('/email-otp/send-verification-otp', { email, type: 'sign-in' })),
    code_verify: async () => (await mailed()).codes.map((code) => post('/sign-in/email-otp', code)),
    session_check: async () =>
      checksOf(cookies, (cookie) => ({
        method: 'GET',
        path: '/api/auth/get-session',
        headers: { ...headers, cookie },
      })),
  }
  return {
    url,
    requests: async (kind, count) => ways[kind]?.(count),
    answered(kind, { head }) {
      if (kind !== 'link_verify') return
      const set = head.matchAll(/^set-cookie: ([^;\r]*)/gim)
      cookies.push(Array.from(set, ([, cookie]) => cookie).join('; '))
    },
  }
}

interface Mailed {
  tokens: string[]
  codes: { email: string; otp: string }[]
}
