// Asks the gateway for links, one each for addresses that nobody has used before.

import { randomBytes } from 'node:crypto'
import { Pool } from 'undici'
import { freshAddress } from '../peer/peer.ts'
import type { Gateway } from '../peer/postern.peer.ts'

export type IssueLink = (email: string) => Promise<void>

/** @returns what asks for a link and throws when it is not promised */
export function linkIssuer(
  { url, tenant }: Gateway,
  connections: number,
): { issue: IssueLink; end(): Promise<void> } {
  const pool = new Pool(url, { connections, pipelining: 1 })
  const headers = { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' }
  const issue = async (email: string) => {
    const answer = await pool.request({
      method: 'POST',
      path: '/v1/magic-links',
      headers,
      body: JSON.stringify({ email }),
    })
    await answer.body.dump()
    if (answer.statusCode !== 202) throw new Error(`a link was answered ${answer.statusCode}`)
  }
  return { issue, end: () => pool.close() }
}

export const newAddress = () => freshAddress(randomBytes(10))

/** Asks for `count` links, `at` at a time. */
export async function issueMany(issue: IssueLink, count: number, at: number): Promise<void> {
  let left = count
  const caller = async () => {
    while (left-- > 0) await issue(newAddress())
  }
  await Promise.all(Array.from({ length: at }, caller))
}
