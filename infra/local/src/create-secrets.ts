// Makes the secrets of an installation that runs in containers (docker-compose.yml): a folder for each container with
// what it may see and nothing else. Made once; what is there is never written over.
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { RINGS, type RingName } from '@postern/config/known-secrets'
import { LOGIN_ROLES, roleName } from '@postern/db/roles'
import { newKey, randomSecret, writeSecret } from './secret-files.ts'
import { mounts, type ServiceName } from './service-mounts.ts'
import { SetupError } from './setup-error.ts'

/** The account of the image's processes. */
const CONTAINER_USER = 1_000
const database = 'postern'

/** Returns what to tell the person. @throws {SetupError} when the folder already holds something */
export function createSecrets(folder: string): string {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new SetupError(`${folder} is not empty. Secrets are made once; to add a key use: keys rotate RING.`)
  }
  const secrets = allSecrets()
  for (const service of Object.keys(mounts) as ServiceName[]) {
    for (const name of mounts[service]) put(folder, service, name, secrets)
  }
  for (const role of LOGIN_ROLES) put(folder, 'database', `database-url-${role}`, secrets)
  put(folder, 'database', 'database-url-admin', secrets)
  writeSecret(join(folder, 'postgres-password'), secrets.get('postgres-password') ?? '')
  giveToContainers(folder)
  return [
    `The secrets are in ${folder}, one folder a container. Keep a copy in a safe place.`,
    `The operator's key is ${join(folder, 'gateway/admin-key')}.`,
    `Put your SendGrid API key into ${join(folder, 'notifier/sendgrid-api-key')} (mode 600, user ${CONTAINER_USER}).`,
    `Where SMS are sent: Twilio's auth token into ${join(folder, 'notifier/twilio-auth-token')}, likewise.`,
    `Other vendors and tenants' own senders: docs/senders.md.`,
    ...ownershipHint(folder),
  ].join('\n')
}

/** Every secret by the path that it has below a container's folder. */
function allSecrets(): Map<string, string> {
  const all = new Map<string, string>()
  for (const ring of Object.keys(RINGS) as RingName[]) all.set(`${ring}/v1`, newKey(ring))
  const superuser = randomSecret()
  all.set('postgres-password', superuser)
  all.set('database-url-admin', `postgres://postgres:${superuser}@postgres:5432/postgres`)
  for (const role of LOGIN_ROLES) {
    all.set(
      `database-url-${role}`,
      `postgres://${roleName(role)}:${randomSecret()}@postgres:5432/${database}`,
    )
  }
  all.set('queue-url', 'redis://redis:6379')
  all.set('redis-url', 'redis://redis:6379')
  all.set('admin-key', randomSecret())
  return all
}

/** A vendor's key is the operator's to give: it is not in `secrets`, and no file is made for it. */
function put(folder: string, container: string, name: string, secrets: Map<string, string>): void {
  const path = Object.hasOwn(RINGS, name) ? `${name}/v1` : name
  const content = secrets.get(path)
  if (content !== undefined) writeSecret(join(folder, container, path), content)
}

/** Only root can hand files over. */
function ownershipHint(folder: string): string[] {
  const uid = process.getuid?.()
  if (uid === undefined || uid === 0 || uid === CONTAINER_USER) return []
  return [
    `The containers run as user ${CONTAINER_USER}: run "sudo chown -R ${CONTAINER_USER} ${folder}" before you start them.`,
  ]
}

/** Containers read the files as their own user; root hands them over. */
function giveToContainers(folder: string): void {
  if (process.getuid?.() !== 0) return
  mkdirSync(folder, { recursive: true })
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    chownSync(join(folder, entry), CONTAINER_USER, CONTAINER_USER)
  }
  chownSync(folder, CONTAINER_USER, CONTAINER_USER)
}
