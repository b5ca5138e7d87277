// The HTTP side of every double: raw bytes in, whatever the content type, and everything below its prefix.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Clock } from '../clock.ts'
import { actOut } from './act-out.ts'
import { takeCall, type VendorParts, writeDown } from './take-call.ts'
import type { VendorCall, VendorDouble } from './vendor-double.ts'

export interface VendorRouteDeps extends VendorParts {
  readonly clock: Clock
}

/** Registers one double. A body beyond `maxBodyBytes` is not read, answered by the double's own 413, and in the ledger. */
export async function vendorRoute(
  app: FastifyInstance,
  deps: VendorRouteDeps,
  double: VendorDouble,
): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: double.maxBodyBytes },
      (_request, body, done) => done(null, body),
    )
    scope.setErrorHandler(async (error: { statusCode?: number }, request, reply) => {
      const taken = { answer: double.refusal(error.statusCode ?? 500), fault: null }
      writeDown(deps, double, callOf(request, double, deps.clock), taken)
      return await actOut(taken, reply)
    })
    scope.all(`${double.prefix}/*`, { exposeHeadRoute: false }, async (request, reply) => {
      const taken = await takeCall(deps, double, callOf(request, double, deps.clock))
      return await actOut(taken, reply)
    })
  })
}

function callOf(request: FastifyRequest, double: VendorDouble, clock: Clock): VendorCall {
  const [path = '', query = ''] = request.url.split(/\?(.*)/s)
  return {
    method: request.method,
    path: path.slice(double.prefix.length),
    query,
    headers: request.headers,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    at: clock.now(),
  }
}
