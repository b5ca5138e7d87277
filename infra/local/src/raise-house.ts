// Brings the whole house up, from the database to the dev tenant, and tells what a developer needs to know.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { StartArguments } from './arguments.ts'
import type { DataDir } from './data-dir.ts'
import { adminUrlFile, prepareDatabase } from './database.ts'
import { type DevFile, removeDevFile, writeDevFile } from './dev-file.ts'
import { ensureDevTenant } from './dev-tenant.ts'
import { type HousePlan, sandboxSpec, serviceSpecs, urlsOf } from './house.ts'
import { operatorClient } from './operator.client.ts'
import { type Ports, portsFrom, refuseTakenPorts } from './ports.ts'
import { generateSecrets, keepSecret, putSecret, readSecret, writeSecret } from './secret-files.ts'
import { mountSecrets } from './service-mounts.ts'
import { SetupError } from './setup-error.ts'
import type { Supervisor } from './supervisor.ts'

export interface RaisedHouse {
  readonly dev: DevFile
  /** Where the queue is, for people. */
  readonly queue: string
}

export interface RaiseInput {
  readonly root: string
  readonly args: StartArguments
  readonly dataDir: DataDir
  readonly supervisor: Supervisor
  readonly env: NodeJS.ProcessEnv
}

/** @throws {SetupError} (or another of our own errors) with a sentence when something is in the way */
export async function raiseHouse({ root, args, dataDir, supervisor, env }: RaiseInput): Promise<RaisedHouse> {
  removeDevFile(dataDir)
  keepConfiguration(dataDir, args)
  const ports = portsFrom(args.portBase)
  await refuseTakenPorts(neededPorts(ports, dataDir))
  generateSecrets(dataDir.secrets)
  const database = await prepareDatabase(dataDir, ports.postgres, supervisor)
  const plan: HousePlan = {
    root,
    dataDir,
    ports,
    secrets: mountSecrets(dataDir.secrets, dataDir.mounts),
    queuePrefix: keepSecret(
      join(dataDir.path, 'queue-prefix'),
      () => `{postern-${randomBytes(4).toString('hex')}}`,
    ),
  }
  const pids = await startAll(plan, supervisor, env)
  const urls = urlsOf(ports)
  const adminKey = readSecret(join(dataDir.secrets, 'admin-key')) ?? ''
  const tenant = await ensureDevTenant(dataDir, urls, operatorClient(urls.gateway, adminKey))
  const dev: DevFile = {
    ...urls,
    database_url: database.ownerUrl,
    tenant_id: tenant.tenantId,
    api_key: tenant.apiKey,
    admin_key: adminKey,
    pids,
  }
  writeDevFile(dataDir, dev)
  return { dev, queue: queueOf(dataDir) }
}

/** The processes do not need each other to start, so they start together. */
async function startAll(
  plan: HousePlan,
  supervisor: Supervisor,
  env: NodeJS.ProcessEnv,
): Promise<Record<string, number>> {
  const specs = [sandboxSpec(plan, env), ...serviceSpecs(plan, env).reverse()]
  const pids = await Promise.all(
    specs.map(async (spec) => [spec.name, await supervisor.start(spec)] as const),
  )
  return Object.fromEntries(pids)
}

/** What was configured by arguments stays configured for this data-dir. */
function keepConfiguration(dataDir: DataDir, args: StartArguments): void {
  if (args.databaseUrlFile !== null) {
    if (!existsSync(args.databaseUrlFile)) throw new SetupError(`${args.databaseUrlFile} is missing.`)
    const target = adminUrlFile(dataDir)
    if (args.databaseUrlFile !== target) writeSecret(target, readSecret(args.databaseUrlFile) ?? '')
  }
  if (args.redisUrl === null) return
  for (const name of ['queue-url', 'redis-url']) {
    putSecret(join(dataDir.secrets, name), args.redisUrl === '' ? null : args.redisUrl)
  }
}

function neededPorts(ports: Ports, dataDir: DataDir): Partial<Ports> {
  const { postgres, ...others } = ports
  return existsSync(adminUrlFile(dataDir)) ? others : { ...others, postgres }
}

function queueOf(dataDir: DataDir): string {
  const url = readSecret(join(dataDir.secrets, 'queue-url'))
  return url === null ? 'on Postgres' : `on Redis at ${new URL(url).host}`
}
