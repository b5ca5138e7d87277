// The peer: better-auth on the same Postgres, in a database of its own.

import { randomBytes } from 'node:crypto'
import { freePort } from '@postern/testkit/free-port'
import pg from 'pg'
import { startChild } from './child.ts'
import type { Peer, Scope } from './peer.ts'

const SERVER = new URL('./better-auth.server.ts', import.meta.url)

export async function startBetterAuth(scope: Scope, postgresUrl: string): Promise<Peer> {
  const admin = new pg.Client({ connectionString: postgresUrl })
  await admin.connect()
  await admin.query('CREATE DATABASE bench_better_auth')
  await admin.end()
  const database = new URL(postgresUrl)
  database.pathname = '/bench_better_auth'
  const port = await freePort()
  const url = await startChild(scope, SERVER, port, {
    BENCH_PORT: String(port),
    BENCH_DATABASE_URL: database.href,
    BENCH_SECRET: randomBytes(32).toString('base64url'),
  })
  const headers = { 'content-type': 'application/json', origin: 'http://bench.test' }
  return {
    url,
    issue() {
      const body = JSON.stringify({ email: `p${randomBytes(10).toString('hex')}@example.com` })
      return { method: 'POST', path: '/api/auth/sign-in/magic-link', headers, body }
    },
    async takeTokens() {
      return (await (await fetch(`${url}/tokens`)).json()) as string[]
    },
    verify: (token) => ({ method: 'GET', path: `/api/auth/magic-link/verify?token=${token}`, headers }),
  }
}
