// What checks the requests and writes the answers of a route, compiled by the first request that needs it. All of it at the
// start would be a quarter of what a start costs, and most routes wait long for their first request.

import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { FastifySchemaCompiler, FastifyServerOptions } from 'fastify'
import { AppError } from '../app-error.ts'
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
  const keep = <T>(what: string, compile: () => T): (() => T) => {
    const get = once(what, compile)
    known.push(get)
    return get
  }

  const validators: FastifySchemaCompiler<unknown> = (route) => {
    const { schema, method = '', url = '', httpPart = '' } = route
    const compiled = keep(`the ${httpPart} schema of ${method} ${url}`, () => compileValidator(route))
    known.push(() => assertSchema(schema as object))
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
      const { method = '', url = '', httpStatus = '' } = route
      const compiled = keep(`the ${httpStatus} schema of ${method} ${url}`, () => serializers(route))
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

function once<T>(what: string, compile: () => T): () => T {
  let compiled: { readonly value: T } | undefined
  return () => {
    try {
      compiled ??= { value: compile() }
      return compiled.value
    } catch (cause) {
      // About a schema of ours: nothing that a client sent is in it.
      const reason = `${what} does not compile: ${(cause as Error).message}`
      throw new AppError('INTERNAL', { reason, cause })
    }
  }
}
