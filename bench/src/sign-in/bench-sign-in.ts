// Links, codes and sessions over HTTP, Postern and better-auth in turn on one Postgres, and the token crypto.

import type { Ground } from '../ground.ts'
import { startBetterAuth } from '../peer/better-auth.peer.ts'
import { install } from '../peer/installation.ts'
import { startPostern } from '../peer/postern.peer.ts'
import { measureTokenCrypto } from './measure-token-crypto.ts'
import { report } from './report.ts'
import { type Plan, runRounds } from './run-rounds.ts'

export async function benchSignIn(ground: Ground, plan: Plan): Promise<void> {
  const { scope, postgresUrl } = ground
  const peers = {
    postern: await startPostern(scope, await install(ground)),
    betterAuth: await startBetterAuth(scope, postgresUrl),
  }
  const crypto = await measureTokenCrypto()
  const rounds = await runRounds(peers, plan)
  await report({ plan, rounds, crypto })
}
