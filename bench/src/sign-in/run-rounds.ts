// Rounds in turn: each round measures each kind of both systems, one right after the other, so that a machine that gets slower
// or faster changes both alike. Who comes first changes from round to round.

import { KINDS, type Kind, type Peer } from '../peer/peer.ts'
import { measureLoad, type Sample } from './measure-load.ts'

export interface Plan {
  rounds: number
  /** of each kind, in each round */
  requests: number
  connections: number
  /** whether commits wait for the disk */
  durable: boolean
}

export type Figures = Partial<Record<Kind, Sample>>

export interface Round {
  postern: Figures
  betterAuth: Figures
}

export async function runRounds(peers: { postern: Peer; betterAuth: Peer }, plan: Plan): Promise<Round[]> {
  const rounds: Round[] = []
  // The first is not counted: it warms up code, pools and caches.
  for (let at = 0; at <= plan.rounds; at++) {
    const round: Round = { postern: {}, betterAuth: {} }
    const names: (keyof Round)[] = at % 2 === 1 ? ['betterAuth', 'postern'] : ['postern', 'betterAuth']
    for (const kind of KINDS) {
      for (const name of names) {
        const sample = await measureKind(peers[name], kind, plan)
        if (sample !== undefined) round[name][kind] = sample
      }
    }
    if (at > 0) rounds.push(round)
    console.error(at === 0 ? 'warmed up' : `round ${at} of ${plan.rounds}`)
  }
  return rounds
}

/** undefined: the peer offers nothing alike. */
async function measureKind(peer: Peer, kind: Kind, plan: Plan): Promise<Sample | undefined> {
  const requests = await peer.requests(kind, plan.requests)
  if (requests === undefined) return undefined
  return measureLoad(peer.url, {
    requests,
    connections: plan.connections,
    answered: (answer) => peer.answered(kind, answer),
    cpuMs: peer.cpuMs,
  })
}
