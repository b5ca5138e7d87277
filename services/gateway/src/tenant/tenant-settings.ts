// What a tenant may be told: hosts that are names, an audience that is no other tenant's, addresses in their one form.

import type { PatchTenantBody } from '@postern/contracts/http/tenant'
import { invalidField } from '@postern/service-kit/app-error'
import type { TestDestination } from '@postern/service-kit/caller'
import { readHost } from '../browser/host/browser-host.ts'
import { readEmail, readPhone } from '../challenge/identifier.ts'
import { checkAllowedRedirects } from '../challenge/redirect.ts'
import { audienceOf, SESSION_IDLE_SECONDS } from './tenant.ts'

export interface TenantRules {
  /** Browser hosts may have a port, as on a developer's machine. A cookie is the host's, whatever the port. */
  readonly allowHostPorts: boolean
  readonly allowTestDestinations: boolean
}

const URN = 'urn:postern:tenant:'

/**
 * What a body says, in the words of rows; what it leaves out is undefined.
 * @throws AppError VALIDATION_FAILED
 */
export function settingsOf(body: Omit<PatchTenantBody, 'is_active'>, tenantId: string, rules: TenantRules) {
  if (body.allowed_redirects) checkAllowedRedirects(body.allowed_redirects)
  body.browser_hosts?.forEach((host, at) => {
    checkBrowserHost(host, `body.browser_hosts.${at}`, rules)
  })
  if (body.audience !== undefined) checkAudience(body.audience, tenantId)
  const { session_idle_seconds: idle, session_absolute_seconds: absolute } = body
  if (idle !== undefined && absolute !== undefined && idle > absolute) throw idleBeyondAbsolute()
  return {
    name: body.name,
    allowed_redirects: body.allowed_redirects,
    browser_hosts: body.browser_hosts,
    audience: body.audience,
    link_ttl_seconds: body.link_ttl_seconds,
    first_factors: body.policy?.first_factors,
    factor_chain: body.policy?.chain,
    test_destinations: body.test_destinations && readTestDestinations(body.test_destinations, rules),
    session_idle_seconds: idle,
    session_absolute_seconds: absolute,
    default_locale: body.default_locale,
    receipt_wait_seconds: body.receipt_wait_seconds,
  }
}

/** Seconds that a session may lie unused, where only its whole life is told. */
export const idleWithin = (absoluteSeconds: number) => Math.min(SESSION_IDLE_SECONDS, absoluteSeconds)

function checkBrowserHost(host: string, path: string, { allowHostPorts }: TenantRules): void {
  const read = readHost(host)
  if (read === null) throw invalidField(path, 'must be a host name in lower case')
  if (read.port === null) return
  if (read.port > 65_535) throw invalidField(path, 'has no valid port')
  if (!allowHostPorts) throw invalidField(path, 'must have no port in production')
}

function checkAudience(audience: string, tenantId: string): void {
  const isUrn = audience.toLowerCase().startsWith(URN)
  if (isUrn && audience !== audienceOf(tenantId)) throw invalidField('body.audience', 'is another tenant’s')
}

function readTestDestinations(
  entries: readonly TestDestination[],
  { allowTestDestinations }: TenantRules,
): TestDestination[] {
  const path = 'body.test_destinations'
  if (entries.length > 0 && !allowTestDestinations) throw invalidField(path, 'are not allowed in production')
  const read = entries.map(({ to, code }, at) => ({ to: identityOf(to, `${path}.${at}.to`), code }))
  const twice = read.findIndex(({ to }, at) => read.findIndex((other) => other.to === to) < at)
  if (twice >= 0) throw invalidField(`${path}.${twice}.to`, 'is listed twice')
  return read
}

function identityOf(to: string, path: string): string {
  try {
    return (to.includes('@') ? readEmail(to) : readPhone(to)).identityKey
  } catch (cause) {
    throw invalidField(path, 'must be an e-mail address, or a phone number in international form', cause)
  }
}

/** Test destinations that came with somebody else's database, or were allowed once, are none where they are not allowed. */
export const knownDestinations = <T>(tenant: { testDestinations: T[] }, rules: TenantRules) => ({
  testDestinations: rules.allowTestDestinations ? tenant.testDestinations : [],
})

export const idleBeyondAbsolute = () =>
  invalidField('body.session_idle_seconds', 'must not be more than session_absolute_seconds')
