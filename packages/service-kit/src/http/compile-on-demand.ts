// What checks the requests and writes the answers of a route, compiled by the first request that needs it. All of it at the
// start would be a quarter of what a start costs, and most routes wait long for their first request.

import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { FastifySchemaCompiler, FastifyServerOptions } from 'fastify'
import { assertSchema } from './strict-ajv.ts'
import { compileValidator } from './validation.ts'

type Controller = NonNullable<FastifyServerOptions['schemaController']>
type Compilers = Required<NonNullable<Controller['compilersFactory']>>

export interface CompilersOnDemand {
  /** For Fastify; both are its own, but for the time and for our validator. */
  readonly compilersFactory: Compilers
  /** Compiles what no request needed yet. @throws for a schema that is in doubt */
  compileAll(): void
}

export function compileOnDemand(): CompilersOnDemand {
  const known: (() => unknown)[] = []
  const once = <T>(compile: () => T): (() => T) => {
    let compiled: T | undefined
    const get = () => {
      compiled ??= compile()
      return compiled
    }
    known.push(get)
    return get
  }

  const validators: FastifySchemaCompiler<unknown> = (route) => {
    const compiled = once(() => compileValidator(route))
    known.push(() => assertSchema(route.schema as object))
    // Fastify reads what is wrong from the function that it called.
    const validate: ReturnType<typeof compileValidator> = (data: unknown) => {
      const validator = compiled()
      const fits = validator(data)
      validate.errors = validator.errors ?? null
      return fits
    }
    return validate
  }

  const buildSerializer: Compilers['buildSerializer'] = (schemas, options) => {
    const serializers = SerializerSelector()(schemas, options)
    return (route) => {
      const compiled = once(() => serializers(route))
      return (data) => compiled()(data)
    }
  }

  // The type knows Fastify's own validator alone, which is not even loaded where this one is given.
  const buildValidator = (() => validators) as unknown as Compilers['buildValidator']
  const compileAll = () => {
    for (const compiled of known) compiled()
  }
  return { compilersFactory: { buildValidator, buildSerializer }, compileAll }
}
