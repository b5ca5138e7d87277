// Probes of every service: alive, ready with a reason per dependency, and metrics. A dependency that hangs cannot hang
// a probe, and no reason tells a secret.

import { maskSecrets } from '@postern/telemetry/redact'
import { Type } from 'typebox'
import type { HttpApp } from './http/fastify.ts'

export type CheckResult = { ok: true } | { ok: false; reason: string }

export interface Check {
  name: string
  /** May throw or hang: both mean "not ready". */
  check(): Promise<CheckResult>
}

export interface HealthOptions {
  checks: Check[]
  /** Prometheus text, from telemetry. */
  metricsText: () => Promise<string>
  /** For one check; 1,000 unless told. */
  timeoutMs?: number
}

const Readiness = Type.Object({
  status: Type.Enum(['ready', 'not_ready']),
  checks: Type.Record(
    Type.String(),
    Type.Object({ ok: Type.Boolean(), reason: Type.Optional(Type.String()) }),
  ),
})
const quiet = { config: { quiet: true } }

/** Adds `/livez`, `/readyz` and `/metrics`. */
export function registerHealth(
  app: HttpApp,
  { checks, metricsText, timeoutMs = 1_000 }: HealthOptions,
): void {
  const probes = checks.map(({ name, check }) => ({ name, probe: shared(check, timeoutMs) }))

  app.get('/livez', { ...quiet, schema: { hide: true } }, async () => ({ status: 'alive' }))

  app.get(
    '/readyz',
    { ...quiet, schema: { hide: true, response: { 200: Readiness, 503: Readiness } } },
    async (_, reply) => {
      const results = await Promise.all(probes.map(async ({ name, probe }) => [name, await probe()] as const))
      const ready = results.every(([, result]) => result.ok)
      if (!ready) reply.code(503)
      return {
        status: ready ? ('ready' as const) : ('not_ready' as const),
        checks: Object.fromEntries(results),
      }
    },
  )

  app.get('/metrics', { ...quiet, schema: { hide: true } }, async (_, reply) => {
    reply.type('text/plain; version=0.0.4; charset=utf-8')
    return metricsText()
  })
}

/** Probes that come while a check still runs share it: a hanging dependency is asked once, not once a probe. */
function shared(check: () => Promise<CheckResult>, timeoutMs: number): () => Promise<CheckResult> {
  let running: Promise<CheckResult> | undefined
  return () => {
    running ??= settled(check).finally(() => {
      running = undefined
    })
    return bounded(running, timeoutMs)
  }
}

async function settled(check: () => Promise<CheckResult>): Promise<CheckResult> {
  try {
    const result = await check()
    return result.ok ? { ok: true } : { ok: false, reason: maskSecrets(result.reason).slice(0, 200) }
  } catch (error) {
    // A foreign message may hold a connection string; its code does not.
    const code = (error as { code?: unknown } | null)?.code
    const known = typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code)
    return { ok: false, reason: known ? `failed with ${code}` : 'failed' }
  }
}

async function bounded(result: Promise<CheckResult>, timeoutMs: number): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<CheckResult>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, reason: `no answer within ${timeoutMs} ms` }), timeoutMs)
  })
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
  }
}
