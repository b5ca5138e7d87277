// Two tenants, whose names are in what they send: what one of them gets of the other would be seen.

import { SCOPES } from '@postern/contracts/scopes'
import type { Parts } from '@postern/e2e/parts'

export interface Tenant {
  readonly id: string
  readonly name: string
  readonly apiKey: string
}

/** The house's own, and another one. */
export async function openTenants({ dev, client }: Parts): Promise<readonly [Tenant, ...Tenant[]]> {
  const own = { id: dev.tenant_id, name: 'Development', apiKey: dev.api_key }
  const name = 'Elsewhere'
  const body = { name, slug: 'elsewhere', allowed_redirects: [`${dev.sandbox}/`] }
  const made = await client.asOperator<{ id: string }>('POST', '/v1/tenants', body)
  if (made.status !== 201) throw new Error(`no tenant: ${made.status} ${made.body.error?.code}`)
  const { id } = made.body.data
  const asked = { name: 'chaos', scopes: [...SCOPES] }
  const key = await client.asOperator<{ key: string }>('POST', `/v1/tenants/${id}/api-keys`, asked)
  if (key.status !== 201) throw new Error(`no API key: ${key.status} ${key.body.error?.code}`)
  return [own, { id, name, apiKey: key.body.data.key }]
}
