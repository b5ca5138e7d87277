// better-auth with its magic-link and e-mail-code plugins, as its documentation sets them up on node:http and pg: its
// defaults, but for its rate limit (ours is out of the way too) and its telemetry. Mails go nowhere: the bench gets them.

import { createServer } from 'node:http'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { emailOTP, magicLink } from 'better-auth/plugins'
import pg from 'pg'

const { BENCH_DATABASE_URL, BENCH_PORT, BENCH_SECRET } = process.env
const nothing = () => ({ tokens: [] as string[], codes: [] as { email: string; otp: string }[] })
let mailed = nothing()

const options = {
  baseURL: 'http://bench.test',
  ...(BENCH_SECRET !== undefined && { secret: BENCH_SECRET }),
  database: new pg.Pool({ connectionString: BENCH_DATABASE_URL, max: 40 }),
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { level: 'error' as const },
  plugins: [
    magicLink({
      expiresIn: 600,
      sendMagicLink: async ({ token }: { token: string }) => {
        mailed.tokens.push(token)
      },
    }),
    emailOTP({
      sendVerificationOTP: async ({ email, otp }: { email: string; otp: string }) => {
        mailed.codes.push({ email, otp })
      },
    }),
  ],
}
await (await getMigrations(options)).runMigrations()
const handle = toNodeHandler(betterAuth(options))

const server = createServer((request, response) => {
  if (request.url !== '/mailed') return void handle(request, response)
  const taken = mailed
  mailed = nothing()
  response.setHeader('content-type', 'application/json').end(JSON.stringify(taken))
})
server.listen(Number(BENCH_PORT), '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
