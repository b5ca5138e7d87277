// Bodies as they came, read leniently: what is no JSON, or no object, is told apart from what is.

/** undefined: no JSON. */
export function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** The value's own fields; none when it is no object. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** A marker from the texts that senders put in; null without a delivery. */
export function markerFrom(deliveryId: unknown, attempt: unknown, tenantId?: unknown) {
  if (typeof deliveryId !== 'string' || deliveryId === '') return null
  const number = typeof attempt === 'number' || typeof attempt === 'string' ? String(attempt) : ''
  return {
    delivery_id: deliveryId,
    attempt: /^\d{1,9}$/.test(number) ? Number(number) : null,
    tenant_id: typeof tenantId === 'string' && tenantId !== '' ? tenantId : null,
  }
}
