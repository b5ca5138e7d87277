// The migrated template database of a test cluster, and the roles' passwords: made once for all processes that
// share the cluster, each waiting its turn on an advisory lock.
import { createHash, randomBytes } from 'node:crypto'
import { migrate } from '@postern/db/migrate'
import {
  ensureDatabase,
  ensureRoles,
  LOGIN_ROLES,
  type LoginRole,
  roleName,
  SERVICE_ROLES,
} from '@postern/db/roles'
import pg from 'pg'

/**
 * One more thing that a test's template needs beyond our own migrations, such as the queue's schema
 * (`migrateQueueSchema` of packages/queue). Told apart by the function's name.
 */
export type TemplateStep = (ownerUrl: string, serviceRoles: string[]) => Promise<unknown>

export type RolePasswords = Record<LoginRole, string>

export interface Template {
  readonly name: string
  readonly passwords: RolePasswords
}

/** The URL of another database, or another role, of the same cluster. */
export function urlFor(
  url: string,
  change: { database?: string; role?: LoginRole; password?: string },
): string {
  const changed = new URL(url)
  if (change.database !== undefined) changed.pathname = `/${change.database}`
  if (change.role !== undefined) changed.username = roleName(change.role)
  if (change.password !== undefined) changed.password = change.password
  return changed.href
}

/** Runs `work` with one superuser connection to the cluster's `postgres` database. */
export async function asAdmin<R>(adminUrl: string, work: (admin: pg.Client) => Promise<R>): Promise<R> {
  const admin = new pg.Client({ connectionString: adminUrl, application_name: 'postern-testkit' })
  // A server killed by a test must not surface as an uncaught error of an idle connection.
  admin.on('error', () => undefined)
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.end()
  }
}

/** Makes the roles and the template unless another process already has. */
export function ensureTemplate(adminUrl: string, steps: readonly TemplateStep[]): Promise<Template> {
  const name = templateName(steps)
  return asAdmin(adminUrl, async (admin) => {
    await admin.query(`SELECT pg_advisory_lock(hashtext('postern testkit'))`)
    const passwords = await sharedPasswords(admin)
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 0) await build(admin, adminUrl, { name, passwords }, steps)
    return { name, passwords }
  })
}

function templateName(steps: readonly TemplateStep[]): string {
  if (steps.length === 0) return 'postern_template'
  const names = steps.map((step) => step.name).join('+')
  return `postern_template_${createHash('sha256').update(names).digest('hex').slice(0, 12)}`
}

/** Every process of a run must use the same passwords, so the cluster itself keeps them. */
async function sharedPasswords(admin: pg.Client): Promise<RolePasswords> {
  await admin.query(
    'CREATE TABLE IF NOT EXISTS testkit_passwords (role text PRIMARY KEY, password text NOT NULL)',
  )
  const { rows } = await admin.query<{ role: string; password: string }>('SELECT * FROM testkit_passwords')
  if (rows.length > 0) {
    return Object.fromEntries(rows.map(({ role, password }) => [role, password])) as RolePasswords
  }
  const made = LOGIN_ROLES.map((role) => [role, randomBytes(18).toString('base64url')] as const)
  const passwords = Object.fromEntries(made) as RolePasswords
  await ensureRoles(admin, passwords)
  for (const [role, password] of made) {
    await admin.query('INSERT INTO testkit_passwords VALUES ($1, $2)', [role, password])
  }
  return passwords
}

/** Built under another name and renamed: a template that exists is a whole one. */
async function build(
  admin: pg.Client,
  adminUrl: string,
  { name, passwords }: Template,
  steps: readonly TemplateStep[],
): Promise<void> {
  const building = `${name}_building`
  await admin.query(`DROP DATABASE IF EXISTS ${building} WITH (FORCE)`)
  await ensureDatabase(admin, building)
  const ownerUrl = urlFor(adminUrl, { database: building, role: 'owner', password: passwords.owner })
  await migrate(ownerUrl)
  for (const step of steps) await step(ownerUrl, SERVICE_ROLES)
  await admin.query(`ALTER DATABASE ${building} RENAME TO ${name}`)
}
