// Speaks to the gateway's operator routes with the admin key, and to the audit service with an API key.
import type { CreateApiKeyBody, CreateTenantBody, PatchTenantBody } from '@postern/contracts/http/tenant'
import { SetupError } from './setup-error.ts'

export interface OperatorAnswer {
  readonly status: number
  readonly data: Record<string, unknown>
  /** The error's code, or '' when there was none. */
  readonly code: string
}

export interface OperatorClient {
  createTenant(body: CreateTenantBody): Promise<OperatorAnswer>
  patchTenant(id: string, body: PatchTenantBody): Promise<OperatorAnswer>
  createApiKey(tenantId: string, body: CreateApiKeyBody): Promise<OperatorAnswer>
}

/** @param gateway its URL without a slash at the end */
export function operatorClient(gateway: string, adminKey: string): OperatorClient {
  const call = (method: string, path: string, body: object) =>
    ask(`${gateway}${path}`, adminKey, { method, body })
  return {
    createTenant: (body) => call('POST', '/v1/tenants', body),
    patchTenant: (id, body) => call('PATCH', `/v1/tenants/${id}`, body),
    createApiKey: (tenantId, body) => call('POST', `/v1/tenants/${tenantId}/api-keys`, body),
  }
}

/** Whether the audit service accepts the key. */
export async function acceptsKey(audit: string, apiKey: string): Promise<boolean> {
  const { status } = await ask(`${audit}/v1/events?limit=1`, apiKey, { method: 'GET' })
  return status === 200
}

async function ask(
  url: string,
  key: string,
  request: { method: string; body?: object },
): Promise<OperatorAnswer> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const body = request.body === undefined ? null : JSON.stringify(request.body)
  try {
    const answer = await fetch(url, { ...request, headers, body, signal: AbortSignal.timeout(10_000) })
    const envelope = (await answer.json()) as { data?: Record<string, unknown>; error?: { code?: string } }
    return { status: answer.status, data: envelope.data ?? {}, code: envelope.error?.code ?? '' }
  } catch (error) {
    throw new SetupError(`${request.method} ${url} was not answered: ${(error as Error).message}.`, {
      cause: error,
    })
  }
}
