// The one-shot container that runs before the services: see docker-compose.yml.

import { ConfigError, load } from '@postern/config/faults'
import { openSecrets } from '@postern/config/secrets'
import { LOGIN_ROLES, type LoginRole } from '@postern/db/roles'
import { prepareDatabase } from './prepare-database.ts'

const schemes = ['postgres', 'postgresql']

try {
  const urls = load((faults) => {
    const secrets = openSecrets(process.env.POSTERN_SECRETS_DIR, faults)
    const roles = LOGIN_ROLES.map((role) => [role, secrets.url(`database-url-${role}`, { schemes })])
    return {
      admin: secrets.url('database-url-admin', { schemes }),
      roles: Object.fromEntries(roles) as Record<LoginRole, string>,
    }
  })
  const ran = await prepareDatabase(urls)
  console.log(ran.length === 0 ? 'The database is up to date.' : `Migrated: ${ran.join(', ')}.`)
} catch (error) {
  // A driver's error can hold the connection's password; its code and first words do not.
  const known =
    error instanceof ConfigError ? error.message : `The database could not be prepared (${codeOf(error)}).`
  console.error(known)
  process.exitCode = 1
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? (error instanceof Error ? error.name : 'unknown')
}
