// What service-kit adds to Fastify's types, and the type of the application that services build on.

import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { Scope } from '@postern/contracts/scopes'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { Caller } from '../caller.ts'
import type { Clock } from '../clock.ts'

export type HttpApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** Why a request was refused; for the log and the metrics. */
export interface Refusal {
  readonly code: string
  readonly reason: string
  /** Only where the cause is ours or unknown. */
  readonly err?: unknown
}

declare module 'fastify' {
  interface FastifyInstance {
    clock: Clock
    /** Compiles the schemas of all routes, which else wait for a request, and all forms. For tests: it rejects when one is in doubt. */
    compileSchemas(): Promise<void>
  }
  interface FastifyRequest {
    caller: Caller | null
    refusal: Refusal | null
  }
  interface FastifyContextConfig {
    /** The scope an API key needs. */
    scope?: Scope
    /** Scopes that do as well, where the request brings another proof. */
    otherScopes?: readonly Scope[]
    /** Whether the operator's admin key is needed. */
    operator?: boolean
    /** Whether pages on a tenant's browser hosts call it; the guard of browser mode says so. */
    browser?: boolean
    /** Probes and pages of machines: logged at debug, not measured. */
    quiet?: boolean
    /**
     * Asked by a proxy for each request that it passes on: logged at debug unless we fail, and not counted for the
     * proxy's address.
     */
    delegated?: boolean
  }
}
