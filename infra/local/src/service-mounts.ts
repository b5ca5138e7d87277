// Gives each service a folder with what it may see of the secrets, and nothing else, as a secret mount does in
// production: whoever signs the trail cannot mint sessions.
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'

/** What each service sees. Names are files, or folders of versioned keys. */
export const mounts = {
  gateway: [
    'pepper',
    'seal',
    'jwt',
    'refresh',
    'csrf',
    'receipt',
    'sendgrid-receipt-key',
    'twilio-receipt-token',
    'gateway-receipt-key',
    'admin-key',
    'database-url-gateway',
    'queue-url',
    'redis-url',
  ],
  notifier: [
    'seal',
    'receipt',
    'sendgrid-api-key',
    'ses-access-key',
    'smtp-login',
    'message-gateway-key',
    'twilio-auth-token',
    'database-url-notifier',
    'queue-url',
    'redis-url',
  ],
  audit: ['log', 'seal', 'pepper', 'database-url-audit', 'queue-url'],
} as const

export type ServiceName = keyof typeof mounts

/** Makes the folders anew, as links into `secrets`, so that a rotated ring shows at once. */
export function mountSecrets(secrets: string, folder: string): Record<ServiceName, string> {
  rmSync(folder, { recursive: true, force: true })
  const places = Object.entries(mounts).map(([service, names]) => {
    const place = join(folder, service)
    mkdirSync(place, { recursive: true, mode: 0o700 })
    // What tenants' own senders send with, and what their receipts are checked by, whatever it is called.
    const own = { gateway: 'receipt-', notifier: 'sender-', audit: undefined }[service as ServiceName]
    for (const name of [...names, ...(own === undefined ? [] : filesOf(secrets, own))]) {
      const secret = join(secrets, name)
      if (existsSync(secret)) symlinkSync(relative(place, secret), join(place, name))
    }
    return [service, place]
  })
  return Object.fromEntries(places) as Record<ServiceName, string>
}

const filesOf = (secrets: string, prefix: string) =>
  readdirSync(secrets).filter((name) => name.startsWith(prefix))
