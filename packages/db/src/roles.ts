// The database roles. Services log in with the least they need; nobody but the set-up's administrator is a superuser.

import type { Client } from 'pg'

/** Roles that log in, each from the secret file `database-url-<name>`. */
export const LOGIN_ROLES = ['owner', 'gateway', 'notifier', 'audit'] as const
export type LoginRole = (typeof LOGIN_ROLES)[number]

export const roleName = (role: LoginRole) => `postern_${role}`

/** The roles whose processes use the queue, so what the queue's own schema is granted to. */
export const SERVICE_ROLES = ['postern_gateway', 'postern_notifier', 'postern_audit']

const ATTRIBUTES = 'NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION'

async function ensureRole(admin: Client, name: string, attributes: string) {
  const { rowCount } = await admin.query('SELECT FROM pg_roles WHERE rolname = $1', [name])
  await admin.query(`${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${name} ${ATTRIBUTES} ${attributes}`)
}

/**
 * Creates or repairs the roles, with the given passwords. `admin` must be able to create roles.
 * Safe to repeat; concurrent runs wait for each other.
 */
export async function ensureRoles(admin: Client, passwords: Record<LoginRole, string>): Promise<void> {
  await admin.query('BEGIN')
  await admin.query(`SELECT pg_advisory_xact_lock(hashtext('postern roles'))`)
  await ensureRole(admin, 'postern_relay', 'NOLOGIN')
  for (const role of LOGIN_ROLES) {
    await ensureRole(admin, roleName(role), `LOGIN PASSWORD ${admin.escapeLiteral(passwords[role])}`)
  }
  // One plan a statement, made once a connection, and always by an index: a plan that was made while a table was small is
  // kept when it has grown.
  for (const role of ['postern_gateway', 'postern_notifier']) {
    await admin.query(`ALTER ROLE ${role} SET plan_cache_mode = force_generic_plan`)
    await admin.query(`ALTER ROLE ${role} SET enable_seqscan = off`)
  }
  // The owner hands the cross-tenant functions to postern_relay, yet never acts with its rights unasked.
  await admin.query('GRANT postern_relay TO postern_owner WITH INHERIT FALSE, SET TRUE')
  await admin.query('COMMIT')
}

/** Creates the database unless it is there; closes it to the public and opens it to the services. */
export async function ensureDatabase(admin: Client, name: string): Promise<void> {
  const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [name])
  const quoted = admin.escapeIdentifier(name)
  if (rowCount === 0) await admin.query(`CREATE DATABASE ${quoted} OWNER postern_owner`)
  await admin.query(`REVOKE ALL ON DATABASE ${quoted} FROM PUBLIC`)
  await admin.query(`GRANT CONNECT ON DATABASE ${quoted} TO postern_owner, ${SERVICE_ROLES.join(', ')}`)
  // The queue's Postgres backend adds jobs through temporary tables.
  await admin.query(`GRANT TEMPORARY ON DATABASE ${quoted} TO ${SERVICE_ROLES.join(', ')}`)
}
