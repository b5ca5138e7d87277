// Templates as the gateway writes them, and messages of a tenant's own by them.

import type { DeliveryInput, Fixture } from './delivery-fixture.ts'
import type { ChannelName } from './payload-fixture.ts'

export interface TemplateInput {
  readonly name: string
  readonly locale?: string
  readonly version?: number
  readonly email?: { readonly subject: string; readonly html?: string; readonly text: string }
  readonly sms?: string
}

export async function givenTemplate(
  { admin }: Fixture,
  tenantId: string,
  input: TemplateInput,
): Promise<void> {
  const { name, locale = 'en', version = 1, email, sms } = input
  await admin.query(
    `INSERT INTO templates (tenant_id, name, locale, version, email_subject, email_html, email_text, sms_text)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [tenantId, name, locale, version, email?.subject, email?.html, email?.text, sms],
  )
}

export async function givenTenant(
  { admin }: Fixture,
  tenantId: string,
  { name = 'Acme', locale = 'en' }: { name?: string; locale?: string } = {},
): Promise<void> {
  await admin.query(
    `INSERT INTO tenants (id, name, slug, allowed_redirects, browser_hosts, audience, link_ttl_seconds, default_locale)
     VALUES ($1::uuid, $2, 's' || $1::text, '{https://app.test/}', '{}', 'a', 600, $3)`,
    [tenantId, name, locale],
  )
}

export interface MessageInput {
  readonly channel: ChannelName
  readonly to: string
  readonly name: string
  readonly variables: Record<string, unknown>
  readonly locale?: string
  /** 0: built in. */
  readonly version?: number
}

/** A delivery that is made for a message of the tenant's own. */
export function messageBy({
  channel,
  to,
  name,
  variables,
  locale = 'en',
  version = 1,
}: MessageInput): DeliveryInput {
  return {
    channel,
    to,
    template: name,
    challenge: 'none',
    templateLocale: locale,
    templateVersion: version,
    payload: { v: 1, to, template: { name, locale, version }, variables },
  }
}
