// GET /demo/places: where the gateway and the audit service are, and whether they answer right now.

import type { TypedApp } from '../http/typed-app.ts'
import type { DemoDeps } from './demo.ts'

const DEADLINE_MS = 2_000

export async function showPlacesRoute(app: TypedApp, { gatewayUrl, auditUrl }: DemoDeps): Promise<void> {
  app.get('/demo/places', async () => {
    const [gatewayAnswers, auditAnswers] = await Promise.all([answers(gatewayUrl), answers(auditUrl)])
    return {
      gateway: { url: gatewayUrl, answers: gatewayAnswers },
      audit: { url: auditUrl, answers: auditAnswers },
    }
  })
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/livez`, {
      signal: AbortSignal.timeout(DEADLINE_MS),
      redirect: 'manual',
    })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}
