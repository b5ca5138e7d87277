// The tenant that a developer finds after a start: made once, its redirects following the ports, its API key
// made anew when it no longer works.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { SCOPES } from '@postern/contracts/scopes'
import type { DataDir } from './data-dir.ts'
import { demoKeyFile, type Urls } from './house.ts'
import { acceptsKey, type OperatorAnswer, type OperatorClient } from './operator.client.ts'
import { readSecret, writeSecret } from './secret-files.ts'
import { SetupError } from './setup-error.ts'

export interface DevTenant {
  readonly tenantId: string
  readonly apiKey: string
}

export async function ensureDevTenant(
  dataDir: DataDir,
  urls: Urls,
  operator: OperatorClient,
): Promise<DevTenant> {
  const idFile = join(dataDir.secrets, 'dev-tenant-id')
  const redirects = [`${urls.sandbox}/`]
  const known = readSecret(idFile)
  const patched = known === null ? null : await operator.patchTenant(known, { allowed_redirects: redirects })
  if (known !== null && patched?.status === 200) {
    return { tenantId: known, apiKey: await keepApiKey(dataDir, urls, operator, known) }
  }
  if (patched !== null && patched.status !== 404) throw refused('the dev tenant could not be read', patched)
  const tenantId = await createTenant(operator, redirects)
  writeSecret(idFile, tenantId)
  return { tenantId, apiKey: await createApiKey(dataDir, operator, tenantId) }
}

async function createTenant(operator: OperatorClient, redirects: string[]): Promise<string> {
  const body = { name: 'Development', allowed_redirects: redirects }
  let answer = await operator.createTenant({ ...body, slug: 'dev' })
  // A database that outlived its data-dir has a tenant "dev" already, whose key nobody knows.
  if (answer.status === 409) {
    answer = await operator.createTenant({ ...body, slug: `dev-${randomBytes(4).toString('hex')}` })
  }
  if (answer.status !== 201) throw refused('the dev tenant could not be made', answer)
  return String(answer.data.id)
}

async function keepApiKey(
  dataDir: DataDir,
  urls: Urls,
  operator: OperatorClient,
  tenantId: string,
): Promise<string> {
  const kept = readSecret(demoKeyFile(dataDir))
  if (kept !== null && (await acceptsKey(urls.audit, kept))) return kept
  return createApiKey(dataDir, operator, tenantId)
}

async function createApiKey(dataDir: DataDir, operator: OperatorClient, tenantId: string): Promise<string> {
  const answer = await operator.createApiKey(tenantId, { name: 'npm start', scopes: [...SCOPES] })
  if (answer.status !== 201) throw refused('its API key could not be made', answer)
  const key = String(answer.data.key)
  writeSecret(demoKeyFile(dataDir), key)
  return key
}

function refused(what: string, { status, code }: OperatorAnswer): SetupError {
  return new SetupError(`The gateway runs, but ${what}: it answered ${status} ${code}.`)
}
