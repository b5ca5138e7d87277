// What a start tells about itself: dev.json in its data-dir, there only while everything is ready.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type ServiceName = 'gateway' | 'notifier' | 'audit' | 'sandbox'

export interface DevFile extends Readonly<Record<ServiceName, string>> {
  /** The owner's URL; row-level security binds it. */
  readonly database_url: string
  readonly tenant_id: string
  readonly api_key: string
  readonly admin_key: string
  readonly pids: Readonly<Record<ServiceName, number>>
}

export function readDevFile(dataDir: string): DevFile {
  return JSON.parse(readFileSync(join(dataDir, 'dev.json'), 'utf8')) as DevFile
}

/** A secret of the data-dir, by its path below the folder of secrets. */
export function readSecret(dataDir: string, name: string): string {
  return readFileSync(join(dataDir, 'secrets', name), 'utf8').trim()
}
