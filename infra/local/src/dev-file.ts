// dev.json: what tools and tests need to know about a running start. It holds secrets, so only its owner may
// read it; it is there only when everything is ready.
import { rmSync } from 'node:fs'
import type { DataDir } from './data-dir.ts'
import { writeSecret } from './secret-files.ts'

export interface DevFile {
  readonly gateway: string
  readonly notifier: string
  readonly audit: string
  readonly sandbox: string
  /** The owner's URL. */
  readonly database_url: string
  readonly tenant_id: string
  readonly api_key: string
  readonly admin_key: string
  /** Process ids by part, for drills. */
  readonly pids: Record<string, number>
}

export function writeDevFile(dataDir: DataDir, content: DevFile): void {
  writeSecret(dataDir.devFile, JSON.stringify(content, null, 2))
}

/** A file of an earlier start must not pass for this one's. */
export function removeDevFile(dataDir: DataDir): void {
  rmSync(dataDir.devFile, { force: true })
}
