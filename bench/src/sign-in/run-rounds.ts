// Rounds in turn: each round measures every kind of both systems, so that a machine that gets slower or faster changes
// both alike.

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
    const swapped = at % 2 === 1
    const first = await measurePeer(swapped ? peers.betterAuth : peers.postern, plan)
    const second = await measurePeer(swapped ? peers.postern : peers.betterAuth, plan)
    const round = swapped ? { postern: second, betterAuth: first } : { postern: first, betterAuth: second }
    if (at > 0) rounds.push(round)
    console.error(at === 0 ? 'warmed up' : `round ${at} of ${plan.rounds}`)
  }
  return rounds
}

async function measurePeer(peer: Peer, plan: Plan): Promise<Figures> {
  const figures: Figures = {}
  for (const kind of KINDS) {
    const requests = await peer.requests(kind, plan.requests)
    if (requests === undefined) continue
    const answered: Parameters<typeof measureLoad>[1]['answered'] = (answer) => peer.answered(kind, answer)
    figures[kind] = await measureLoad(peer.url, {
      requests,
      connections: plan.connections,
      answered,
      cpuMs: peer.cpuMs,
    })
  }
  return figures
}
