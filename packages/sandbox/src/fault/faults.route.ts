// POST, GET and DELETE /faults, and DELETE /faults/{id}: the script of what goes wrong next.

import { Type } from 'typebox'
import type { TypedApp } from '../http/typed-app.ts'
import { FaultBody, faultProblem } from './fault.ts'
import { type FaultScript, MAX_SCRIPTED_FAULTS } from './fault-script.ts'

export interface FaultsRouteDeps {
  readonly faults: FaultScript
  /** Names of the vendors that can be told. */
  readonly providers: readonly string[]
}

const IdParams = Type.Object({ id: Type.String({ format: 'uuid' }) }, { additionalProperties: false })

export async function faultsRoute(app: TypedApp, { faults, providers }: FaultsRouteDeps): Promise<void> {
  app.post('/faults', { schema: { body: FaultBody } }, async (request, reply) => {
    const problem = providerProblem(request.body.provider, providers) ?? faultProblem(request.body)
    if (problem !== null) return await reply.code(400).send({ error: { message: problem } })
    const scripted = faults.add(request.body)
    if (scripted !== null) return await reply.code(201).send(scripted)
    return await reply
      .code(409)
      .send({ error: { message: `The script holds ${MAX_SCRIPTED_FAULTS} faults at most.` } })
  })
  app.get('/faults', async () => faults.list())
  app.delete('/faults/:id', { schema: { params: IdParams } }, async (request) => ({
    removed: faults.remove(request.params.id) ? 1 : 0,
  }))
  app.delete('/faults', async () => ({ removed: faults.clear() }))
}

function providerProblem(provider: string, providers: readonly string[]): string | null {
  return providers.includes(provider) ? null : `provider must be one of: ${providers.join(', ')}`
}
