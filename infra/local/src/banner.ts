// What a person sees when all is ready: where everything is, and one command to try.
import { relative } from 'node:path'
import type { DevFile } from './dev-file.ts'

export interface BannerFacts {
  readonly dev: DevFile
  readonly dataDir: string
  readonly cwd: string
  readonly queue: string
  readonly seconds: number
}

export function banner({ dev, dataDir, cwd, queue, seconds }: BannerFacts): string {
  const near = relative(cwd, dataDir)
  const place = near !== '' && !near.startsWith('..') ? near : dataDir
  return `
  Postern is ready (${seconds.toFixed(1)} s). Ctrl-C stops everything; the data stays in ${place}.

    demo      ${dev.sandbox}/          type an address, sign in by link or code
    inbox     ${dev.sandbox}/inbox     every message that was sent
    drill     ${dev.sandbox}/drill     break the vendors, and see what comes of it
    gateway   ${dev.gateway}/docs      its API
    audit     ${dev.audit}/v1/events   the trail
    queue     ${queue}
    logs      ${place}/logs   ·   keys and URLs: ${place}/dev.json

  Ask for a magic link, then open the inbox:

    curl -s ${dev.gateway}/v1/magic-links \\
      -H 'authorization: Bearer ${dev.api_key}' \\
      -H 'content-type: application/json' \\
      -d '{"email":"ada@example.com"}'
`
}
