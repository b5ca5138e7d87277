// Notifier and audit as processes of their own, beside the gateway that `peer` starts.

import { freePort } from '@postern/testkit/free-port'
import { startChild } from '../peer/child.ts'
import type { Installation } from '../peer/installation.ts'
import type { Scope } from '../peer/peer.ts'
import type { Vendor } from './vendor.ts'

/** Mails that the notifier, and the bare worker beside it, work on at a time. */
export const AT_A_TIME = 100

const script = (name: 'notifier' | 'audit') =>
  new URL(`../../../services/${name}/src/main.ts`, import.meta.url)

export async function startNotifier(scope: Scope, { secretsDir }: Installation, { url }: Vendor) {
  const port = await freePort()
  return startChild(scope, script('notifier'), port, {
    POSTERN_SECRETS_DIR: secretsDir,
    POSTERN_ENV: 'development',
    POSTERN_NOTIFIER_PORT: String(port),
    POSTERN_NOTIFIER_EMAIL_CONCURRENCY: String(AT_A_TIME),
    POSTERN_SENDGRID_URL: url,
    POSTERN_LOG_LEVEL: 'warn',
  })
}

export async function startAudit(scope: Scope, { secretsDir }: Installation) {
  const port = await freePort()
  return startChild(scope, script('audit'), port, {
    POSTERN_SECRETS_DIR: secretsDir,
    POSTERN_ENV: 'development',
    POSTERN_AUDIT_PORT: String(port),
    POSTERN_LOG_LEVEL: 'warn',
  })
}
