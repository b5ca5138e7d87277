// Asks the gateway for links, one each for addresses that nobody has used before.

import { randomBytes } from 'node:crypto'
import { Connection, wireOf } from '../connection.ts'
import { freshAddress } from '../peer/peer.ts'
import type { Gateway } from '../peer/postern.peer.ts'

export type IssueLink = (email: string) => Promise<void>

/**
 * `issue` asks for a link and throws when it is not promised; `end` closes its connections. There are as many as requests were
 * under way at once. One that the server closed while it was idle is not replaced: leave no long pauses.
 */
export function linkIssuer({ url, tenant }: Gateway): { issue: IssueLink; end(): void } {
  const idle: Connection[] = []
  const headers = { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' }
  const issue = async (email: string) => {
    const body = JSON.stringify({ email })
    const connection = idle.pop() ?? new Connection(url)
    const { status } = await connection.ask(
      wireOf({ method: 'POST', path: '/v1/magic-links', headers, body }, url),
    )
    idle.push(connection)
    if (status !== 202) throw new Error(`a link was answered ${status}`)
  }
  return { issue, end: () => idle.forEach((connection) => void connection.close()) }
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
