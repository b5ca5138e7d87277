// An application with one route of each kind, as a service would register them.

import assert from 'node:assert/strict'
import { envelope } from '@postern/contracts/envelope'
import { createMetrics } from '@postern/telemetry/metric-names'
import { startTelemetry } from '@postern/telemetry/tracing'
import { capturedLogger } from '@postern/testkit/captured-logs'
import { manualClock } from '@postern/testkit/manual-clock'
import type { Test } from 'tap'
import { Type } from 'typebox'
import { createHttpApp, type HttpAppOptions } from '../src/http-app.ts'
import { ok } from '../src/reply.ts'

export const ThingBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 20 }),
    kind: Type.Optional(Type.Enum(['big', 'small'])),
    at: Type.Optional(Type.String({ format: 'date-time' })),
    owner: Type.Optional(Type.Union([Type.String({ format: 'uuid' }), Type.Null()])),
    count: Type.Optional(Type.Integer({ minimum: 0 })),
    tags: Type.Optional(Type.Array(Type.String({ maxLength: 10 }), { maxItems: 3 })),
  },
  { additionalProperties: false },
)
const Thing = envelope(Type.Object({ seen: Type.Unknown() }))
const ThingQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    deep: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
)
const ThingParams = Type.Object({ id: Type.String({ format: 'uuid' }) }, { additionalProperties: false })

export async function setup(t: Test, options: Partial<HttpAppOptions> = {}) {
  const logs = capturedLogger()
  const clock = manualClock()
  const telemetry = await startTelemetry({ service: 'test', version: '0' })
  const app = await createHttpApp({
    logger: logs.logger,
    clock,
    metrics: createMetrics(telemetry.meter),
    ...options,
  })
  const throwing = { error: undefined as unknown }
  app.post('/v1/things', { schema: { body: ThingBody, response: { 200: Thing } } }, async (request) =>
    ok(request, { seen: request.body }),
  )
  app.get('/v1/things', { schema: { querystring: ThingQuery, response: { 200: Thing } } }, async (request) =>
    ok(request, { seen: request.query }),
  )
  app.get('/v1/things/:id', { schema: { params: ThingParams, response: { 200: Thing } } }, async (request) =>
    ok(request, { seen: request.params }),
  )
  app.delete('/v1/things/:id', { schema: { params: ThingParams } }, async (request) => ok(request, {}))
  app.post('/v1/things/:id/again', { schema: { params: ThingParams } }, async (request) => ok(request, {}))
  app.get('/v1/throws', {}, async () => {
    throw throwing.error
  })
  app.get('/ip', {}, async (request) => ({ ip: request.ip }))
  t.teardown(async () => {
    await app.close()
    await telemetry.stop(1_000)
  })
  return { app, logs, clock, telemetry, throwing }
}

export const ID = '01933f3c-7aaa-7bbb-8ccc-0123456789ab'

interface Answer {
  statusCode: number
  headers: Record<string, unknown>
  body: string
}

/** The status and code of an error answer; throws unless it has the form that every error shares. */
export function errorCode({ statusCode, headers, body }: Answer): string {
  const { success, data, error, meta } = JSON.parse(body)
  assert.deepEqual([success, data], [false, null])
  assert.equal(typeof error.message, 'string')
  assert.equal(meta.request_id, headers['x-request-id'])
  assert.match(meta.timestamp, /Z$/)
  assert.match(String(headers['content-type']), /^application\/json/)
  return `${statusCode} ${error.code}`
}
