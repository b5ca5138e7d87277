// For whom a transaction acts. It is set transaction-locally, so a pooled connection never carries it on.

export interface TenantScope {
  tenantId: string
  /** `<type>:<id>`: api_key:<uuid>, operator:admin, service:notifier, visitor:browser */
  actor: string
  requestId: string | null
  /** W3C trace context; it travels in the rows to the workers. */
  traceparent: string | null
}
