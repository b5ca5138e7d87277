// The composition root: builds the gateway's parts from its config, in the order in which they depend on each other.
// None of them needs Postgres or the queue yet: what is away at the start is used when it comes.

import type { GatewayDatabase } from '@postern/db/databases/gateway.database'
import { type Database, openDatabase } from '@postern/db/pool'
import { relayStore } from '@postern/db/relay.store'
import { revocationsSince } from '@postern/db/revocation.store'
import { openQueueConnection, type QueueConnection } from '@postern/queue/connection'
import { openRelay } from '@postern/queue/open-relay'
import { type AdminAuth, createAdminAuth } from '@postern/service-kit/admin-auth'
import type { Ambient } from '@postern/service-kit/ambient'
import { type ApiKeyAuth, createApiKeyAuth } from '@postern/service-kit/api-key-auth'
import { findApiKey } from '@postern/service-kit/auth/api-key.store'
import { type Failpoint, failpointOf } from '@postern/service-kit/failpoint'
import type { Parts } from '@postern/service-kit/lifecycle'
import { openRing } from '@postern/service-kit/live-ring'
import { createRevocationFeed } from '@postern/service-kit/revocation-feed'
import { createMetrics, type Metrics } from '@postern/telemetry/metric-names'
import type { KeyRing } from '@postern/token/key-ring'
import type { Redis } from 'ioredis'
import { openLimitRedis } from './abuse/limit-redis.ts'
import type { AccessDeps } from './access/check-access.ts'
import { KnownTokens } from './access/known-tokens.ts'
import { openKnownCookies } from './access/open-known-cookies.ts'
import { openKnownSessions } from './access/open-known-sessions.ts'
import { type BrowserTenants, openBrowserTenants } from './browser/host/open-browser-tenants.ts'
import type { HandOver } from './challenge/issue/queued-delivery.ts'
import { type GatewayConfig, type GatewaySettings, WRITE_OVERLAP_MS } from './config.ts'
import { createSnsClient, type SnsClient } from './receipt/fetch-sns.ts'
import { openReceiptKeys } from './receipt/open-receipt-keys.ts'
import { knownDestinations, type TenantRules } from './tenant/tenant-settings.ts'

export interface GatewayContext extends Ambient {
  readonly settings: GatewaySettings
  readonly tenantRules: TenantRules
  readonly metrics: Metrics
  readonly database: Database<GatewayDatabase>
  readonly queue: QueueConnection
  /** undefined: every process counts addresses for itself */
  readonly limitRedis: Redis | undefined
  readonly auth: ApiKeyAuth
  readonly operator: AdminAuth
  /** Signs access tokens and decides about them. */
  readonly access: AccessDeps
  /** Tenants by the host that their pages call. */
  readonly browserTenants: BrowserTenants
  readonly pepper: KeyRing
  readonly sealing: KeyRing
  /** derives the successors of refresh tokens */
  readonly successors: KeyRing
  readonly jwt: KeyRing
  readonly csrf: KeyRing
  /** checks the URLs that Twilio calls back */
  readonly receiptMarks: KeyRing
  /** The text of a file that receipts are checked by. */
  readonly receiptKey: (file: string) => string | undefined
  /** Amazon SNS topics of the installation's own SES. */
  readonly sesTopics: readonly string[]
  readonly snsOrigin: string | undefined
  readonly sns: SnsClient
  /** the mailed origin, without a slash at the end */
  readonly publicUrl: string
  readonly issuer: string
  readonly failpoint: Failpoint
  /** Tells the relay that something was committed. */
  readonly nudge: () => void
  /** Takes what was committed as queued. */
  readonly handOver: HandOver
}

const BACKGROUND_CONNECTIONS = 3

export async function buildContext(
  config: GatewayConfig,
  ambient: Ambient,
  parts: Parts,
): Promise<GatewayContext> {
  const { settings, secrets } = config
  const { clock, random, logger, telemetry } = ambient
  const metrics = createMetrics(telemetry.meter)
  const tenantRules = rulesOf(settings)

  const openPool = poolsOf(config, ambient)
  const database = openPool('postern-gateway', settings.poolSize)
  parts.add('database', () => database.close())
  // What must not wait behind requests: the relay and the revocation feed.
  const background = openPool('postern-gateway-background', BACKGROUND_CONNECTIONS)
  parts.add('background database', () => background.close())
  const queue = await openQueueConnection({
    url: secrets.queueUrl,
    name: 'postern-gateway',
    logger,
    prefix: settings.queuePrefix,
  })
  parts.add('queue', () => queue.close())
  const store = relayStore(background.db)
  const failpoint = failpointOf(settings.failpoint)
  const relay = openRelay({ connection: queue, store, logger, metrics, clock, random, failpoint })
  parts.add('relay', (leftMs) => relay.stop(leftMs))

  const read = (seconds: number) => revocationsSince(background.db, seconds)
  const feed = createRevocationFeed({ read, clock, logger, metrics })
  parts.add('revocation feed', () => feed.stop())
  await feed.start()
  const findKey = async (prefix: string) => {
    const row = await findApiKey(database.db, prefix)
    return row && { ...row, ...knownDestinations(row, tenantRules) }
  }
  const auth = createApiKeyAuth({ findKey, feed, clock, metrics })

  const rings = openRings(config, ambient, parts)
  const issuer = settings.publicUrl
  const access = {
    tokens: new KnownTokens({ ring: rings.jwt, issuer, clock }),
    sessions: openKnownSessions({ database, feed, clock, metrics }),
    cookies: openKnownCookies({ database, feed, clock }),
    clock,
  }
  const browserTenants = openBrowserTenants({ database, tenantRules, feed, clock })

  const limitRedis = await openLimitRedis(secrets.redisUrl, logger)
  parts.add('limit redis', () => limitRedis?.disconnect())

  return {
    ...ambient,
    ...rings,
    settings,
    tenantRules,
    metrics,
    database,
    queue,
    limitRedis,
    auth,
    access,
    browserTenants,
    operator: createAdminAuth(secrets.adminKey),
    receiptKey: openReceiptKeys({ read: secrets.receiptKey, clock, logger }),
    sesTopics: settings.sesTopics,
    snsOrigin: settings.snsOrigin,
    sns: createSnsClient({ clock }),
    publicUrl: settings.publicUrl,
    issuer,
    failpoint,
    nudge: () => relay.nudge(),
    handOver: relay,
  }
}

/** What a desk may do, production may not. */
function rulesOf({ environment, allowTestDestinations }: GatewaySettings): TenantRules {
  const isDesk = environment === 'development'
  return { allowHostPorts: isDesk, allowTestDestinations: isDesk || allowTestDestinations }
}

function poolsOf({ settings, secrets }: GatewayConfig, { logger }: Ambient) {
  return (applicationName: string, max: number) =>
    openDatabase<GatewayDatabase>({
      url: secrets.databaseUrl,
      max,
      waitMs: settings.databaseWait,
      applicationName,
      onIdleError: (err) => logger.warn({ err }, 'an idle database connection broke'),
    })
}

function openRings({ settings, secrets }: GatewayConfig, { clock, logger }: Ambient, parts: Parts) {
  const open = (name: keyof typeof secrets.rings, overlapMs: number) => {
    const watched = openRing(secrets.rings[name], { clock, logger, overlapMs })
    parts.add(`${name} ring`, watched.stop)
    return watched.ring
  }
  return {
    pepper: open('pepper', WRITE_OVERLAP_MS),
    sealing: open('seal', WRITE_OVERLAP_MS),
    successors: open('refresh', WRITE_OVERLAP_MS),
    jwt: open('jwt', settings.ringOverlap),
    csrf: open('csrf', WRITE_OVERLAP_MS),
    receiptMarks: open('receipt', 0),
  }
}
